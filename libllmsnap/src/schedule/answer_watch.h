// AnswerWatch: how the requests of one instance have gone lately, for what is told to clients and
// for the doubt whether it serves. Thread rule: any thread; estimates where two end at one moment.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace llmsnap::schedule {

class AnswerWatch {
 public:
  void begin_life() {
    forgive();
    served_.store(0, std::memory_order_relaxed);
    broken_off_at_.store({}, std::memory_order_relaxed);
  }

  /// `kind`: of the request, below 32.
  void well(std::size_t kind) {
    if (!has_served(kind)) {
      served_.fetch_or(1U << kind, std::memory_order_relaxed);
    }
    if (failed_.load(std::memory_order_relaxed) != 0 ||
        failed_checks_.load(std::memory_order_relaxed) != 0) {
      forgive();
    }
  }

  /// True: so many in a row, of requests and health checks, are no accident. The count begins anew.
  bool badly() {
    failed_.fetch_add(1, std::memory_order_relaxed);
    return take_suspicion();
  }

  /// A health check of ours while it was idle. True as badly.
  bool check_failed() {
    failed_checks_.fetch_add(1, std::memory_order_relaxed);
    return take_suspicion();
  }

  /// It is healthy by its own account, which says nothing of the requests that failed.
  void check_passed() { failed_checks_.store(0, std::memory_order_relaxed); }

  /// Of what it never could in this life, a failure says nothing.
  bool has_served(std::size_t kind) const {
    return (served_.load(std::memory_order_relaxed) & 1U << kind) != 0;
  }

  void took(SteadyClock::duration time) {
    const std::int64_t before = mean_ns_.load(std::memory_order_relaxed);
    const std::int64_t now = std::chrono::nanoseconds(time).count();
    mean_ns_.store(before == 0 ? now : before + (now - before) / Weight, std::memory_order_relaxed);
  }

  /// A request ended before its answer did: its server may not have noticed yet.
  void broken_off(SteadyClock::time_point now) {
    broken_off_at_.store(now, std::memory_order_relaxed);
  }
  SteadyClock::time_point broken_off_at() const {
    return broken_off_at_.load(std::memory_order_relaxed);
  }

  /// That a request is in work, over about the last thirty; 0: not known.
  std::chrono::nanoseconds mean_time() const {
    return std::chrono::nanoseconds(mean_ns_.load(std::memory_order_relaxed));
  }

 private:
  bool take_suspicion() {
    if (failed_.load(std::memory_order_relaxed) + failed_checks_.load(std::memory_order_relaxed) <
        Suspicious) {
      return false;
    }
    forgive();
    return true;
  }

  void forgive() {
    failed_.store(0, std::memory_order_relaxed);
    failed_checks_.store(0, std::memory_order_relaxed);
  }

  static constexpr unsigned Suspicious = 3;
  static constexpr std::int64_t Weight = 16;

  std::atomic<unsigned> failed_{0};         // in a row
  std::atomic<unsigned> failed_checks_{0};  // since one passed
  std::atomic<std::uint32_t> served_{0};    // a bit a kind
  std::atomic<std::int64_t> mean_ns_{0};
  std::atomic<SteadyClock::time_point> broken_off_at_{SteadyClock::time_point{}};
};

}  // namespace llmsnap::schedule
