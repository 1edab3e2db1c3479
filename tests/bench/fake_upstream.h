#pragma once
// The model server behind every gateway: a child process of the bench with one epoll loop, so that
// its CPU is nobody else's. Answers any request with a small JSON, or with a timed event stream.
// Used by the main thread; the counters are shared memory and may be read at any time.

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "loopback.h"

namespace bench {

// Written by the child, read by the bench.
struct UpstreamCounters {
  std::atomic<std::uint64_t> connections{0};  // accepted so far
  std::atomic<std::uint64_t> open_streams{0};
  std::atomic<std::int64_t> last_stream_end_ns{0};  // when a stream's connection was seen to close
};

// One event is sent as this text; the marker stands once in each, 16 hex digits of the sending
// time (CLOCK_MONOTONIC, ns) follow it. No other byte of an answer equals the marker.
inline constexpr char EventMarker = '~';
inline constexpr std::size_t StampDigits = 16;

// The body that asks for a stream of events without end, one per interval.
std::string stream_body(std::string_view model, std::int64_t interval_us);

class FakeUpstream {
 public:
  // Forks. Call it before the program has threads. Port 0 = one of the kernel's choice.
  static Outcome<FakeUpstream> start(std::uint16_t port);
  FakeUpstream(FakeUpstream&& other) noexcept;
  FakeUpstream& operator=(FakeUpstream&&) = delete;
  ~FakeUpstream();

  pid_t pid() const { return pid_; }
  std::uint16_t port() const { return port_; }
  const UpstreamCounters& counters() const { return *counters_; }

  // Waits until no stream is open; false after two seconds.
  bool wait_until_no_streams() const;

 private:
  FakeUpstream() = default;

  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  UpstreamCounters* counters_ = nullptr;
  Fd stream_ended_;  // an eventfd the child writes to
};

// The child's side: serves for ever.
[[noreturn]] void run_upstream_loop(const Fd& listener, UpstreamCounters& counters,
                                    const Fd& stream_ended);

}  // namespace bench
