// ByteBudget: how many bytes all requests together may hold at once, in memory or in temporary
// files. Thread rule: the budget from any thread; a share belongs to one request.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "llmsnap/result.h"

namespace llmsnap::api {

class ByteBudget {
 public:
  /// For messages, both literals: `place` is where the bytes are ("in memory"), `key` the name of
  /// the limit.
  ByteBudget(std::uint64_t limit, std::string_view place, std::string_view key)
      : limit_(limit), place_(place), key_(key) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  /// Part of the budget; given back on destruction. The budget must outlive it.
  class Share {
   public:
    Share() = default;
    explicit Share(ByteBudget& budget) : budget_(&budget) {}
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)),
          bytes_(std::exchange(other.bytes_, 0)),
          large_since_(other.large_since_) {}
    Share& operator=(Share&& other) noexcept;
    ~Share() { shrink_to(0); }

    /// Makes the share at least that big. Else nothing is changed: BodyTooLarge where not even the
    /// whole budget would do, Unavailable where it has not enough left; the error says when it may.
    Result<void> grow_to(std::uint64_t bytes);
    void shrink_to(std::uint64_t bytes);
    /// Gives all back without counting how long it was held: its bytes moved elsewhere, and say
    /// nothing about the time that others wait.
    void move_out();
    std::uint64_t bytes() const { return bytes_; }

   private:
    void give_back(std::uint64_t bytes);

    ByteBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
    SteadyClock::time_point large_since_{};
  };

  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  bool take(std::uint64_t bytes);
  Error refused(std::uint64_t bytes) const;
  void was_held(SteadyClock::duration time);

  const std::uint64_t limit_;
  const std::string_view place_;
  const std::string_view key_;
  std::atomic<std::uint64_t> used_{0};
  // How long large shares are held: a recent mean.
  std::atomic<SteadyClock::duration> held_{SteadyClock::duration::zero()};
};

/// How long it takes until `missing` bytes are given back: within the time that shares are held on
/// average, `held`, all of `limit` changes hands once. At least a second, at most a minute.
std::chrono::seconds wait_for_bytes(std::uint64_t missing, std::uint64_t limit,
                                    SteadyClock::duration held);

}  // namespace llmsnap::api
