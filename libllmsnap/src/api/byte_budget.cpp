#include "api/byte_budget.h"

#include <fmt/format.h>

#include <algorithm>

namespace llmsnap::api {
namespace {

/// Smaller shares are many and free no room worth a look at the clock.
constexpr std::uint64_t LargeShare = 64 * 1024;

}  // namespace

ByteBudget::Share& ByteBudget::Share::operator=(Share&& other) noexcept {
  if (this != &other) {
    shrink_to(0);
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
    large_since_ = other.large_since_;
  }
  return *this;
}

Result<void> ByteBudget::Share::grow_to(std::uint64_t bytes) {
  if (bytes <= bytes_) {
    return {};
  }
  if (bytes > budget_->limit_) {
    return Error{ErrorCode::BodyTooLarge,
                 fmt::format("the request body needs more than {} allows ({} bytes)", budget_->key_,
                             budget_->limit_)};
  }
  if (!budget_->take(bytes - bytes_)) {
    return budget_->refused(bytes - bytes_);
  }
  if (bytes >= LargeShare && bytes_ < LargeShare) {
    large_since_ = SteadyClock::now();
  }
  bytes_ = bytes;
  return {};
}

void ByteBudget::Share::shrink_to(std::uint64_t bytes) {
  if (bytes < bytes_) {
    if (bytes_ >= LargeShare && bytes < LargeShare) {
      budget_->was_held(SteadyClock::now() - large_since_);
    }
    give_back(bytes_ - bytes);
  }
}

void ByteBudget::Share::move_out() {
  if (bytes_ > 0) {
    give_back(bytes_);
  }
}

void ByteBudget::Share::give_back(std::uint64_t bytes) {
  budget_->used_.fetch_sub(bytes, std::memory_order_relaxed);
  bytes_ -= bytes;
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

Error ByteBudget::refused(std::uint64_t bytes) const {
  const auto used = std::min(used_.load(std::memory_order_relaxed), limit_);
  const auto missing = bytes - std::min(bytes, limit_ - used);
  return {ErrorCode::Unavailable, fmt::format("too many request bodies are {} ({})", place_, key_),
          wait_for_bytes(missing, limit_, held_.load(std::memory_order_relaxed))};
}

/// Two at once may lose one of them: it is an estimate.
void ByteBudget::was_held(SteadyClock::duration time) {
  const auto mean = held_.load(std::memory_order_relaxed);
  const bool first = mean == SteadyClock::duration::zero();
  held_.store(first ? time : mean + (time - mean) / 8, std::memory_order_relaxed);
}

std::chrono::seconds wait_for_bytes(std::uint64_t missing, std::uint64_t limit,
                                    SteadyClock::duration held) {
  using Seconds = std::chrono::duration<double>;
  const double turn =
      static_cast<double>(missing) / static_cast<double>(std::max<std::uint64_t>(limit, 1));
  const Seconds wait = std::clamp(Seconds(held) * std::min(turn, 1.0), Seconds(1), Seconds(60));
  return std::chrono::ceil<std::chrono::seconds>(wait);
}

}  // namespace llmsnap::api
