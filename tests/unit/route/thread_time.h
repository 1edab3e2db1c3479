// ThreadTime: CPU time of the calling thread, so that a busy machine does not look like slow code.
// Thread rule: any thread; each has its own.
#pragma once

#include <time.h>

#include <chrono>

namespace llmsnap::route {

struct ThreadTime {
  using duration = std::chrono::nanoseconds;

  static duration now() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
};

}  // namespace llmsnap::route
