#include "api/byte_budget.h"

namespace llmsnap::api {

ByteBudget::Share& ByteBudget::Share::operator=(Share&& other) noexcept {
  if (this != &other) {
    shrink_to(0);
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

bool ByteBudget::Share::grow_to(std::uint64_t bytes) {
  if (bytes <= bytes_) {
    return true;
  }
  if (!budget_->take(bytes - bytes_)) {
    return false;
  }
  bytes_ = bytes;
  return true;
}

void ByteBudget::Share::shrink_to(std::uint64_t bytes) {
  if (bytes < bytes_) {
    budget_->used_.fetch_sub(bytes_ - bytes, std::memory_order_relaxed);
    bytes_ = bytes;
  }
}

bool ByteBudget::take(std::uint64_t bytes) {
  auto used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit_ - used) {
      return false;
    }
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

}  // namespace llmsnap::api
