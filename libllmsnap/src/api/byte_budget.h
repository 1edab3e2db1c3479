// ByteBudget: how many bytes all requests together may hold at once, in memory or in temporary
// files. Thread rule: the budget from any thread; a share belongs to one request.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace llmsnap::api {

class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t limit) : limit_(limit) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  /// Part of the budget; given back on destruction. The budget must outlive it.
  class Share {
   public:
    Share() = default;
    explicit Share(ByteBudget& budget) : budget_(&budget) {}
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept;
    ~Share() { shrink_to(0); }

    /// Makes the share at least that big; false, and nothing changed, where the budget has not
    /// enough left.
    bool grow_to(std::uint64_t bytes);
    void shrink_to(std::uint64_t bytes);
    std::uint64_t bytes() const { return bytes_; }

   private:
    ByteBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  bool take(std::uint64_t bytes);

  const std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
};

}  // namespace llmsnap::api
