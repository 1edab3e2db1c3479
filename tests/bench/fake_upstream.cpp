#include "fake_upstream.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>

namespace bench {

std::string stream_body(std::string_view model, std::int64_t interval_us) {
  return fmt::format(R"({{"model":"{}","stream":true,"bench_interval_us":{},)"
                     R"("messages":[{{"role":"user","content":"count to infinity"}}]}})",
                     model, interval_us);
}

Outcome<FakeUpstream> FakeUpstream::start(std::uint16_t port) {
  auto listener = listen_on(port);
  if (!listener) {
    return listener.reason();
  }
  FakeUpstream upstream;
  upstream.port_ = port_of(*listener);
  upstream.stream_ended_ = Fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  void* const memory = mmap(nullptr, sizeof(UpstreamCounters), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return Reason{fmt::format("cannot map shared memory: {}", std::strerror(errno))};
  }
  upstream.counters_ = new (memory) UpstreamCounters;
  const pid_t parent = getpid();
  upstream.pid_ = fork();
  if (upstream.pid_ < 0) {
    return Reason{fmt::format("cannot fork the fake upstream: {}", std::strerror(errno))};
  }
  if (upstream.pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
      _exit(1);
    }
    run_upstream_loop(*listener, *upstream.counters_, upstream.stream_ended_);
  }
  return upstream;
}

FakeUpstream::FakeUpstream(FakeUpstream&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      port_(other.port_),
      counters_(std::exchange(other.counters_, nullptr)),
      stream_ended_(std::move(other.stream_ended_)) {}

FakeUpstream::~FakeUpstream() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (counters_ != nullptr) {
    munmap(counters_, sizeof(UpstreamCounters));
  }
}

bool FakeUpstream::wait_until_no_streams() const {
  const std::int64_t deadline = now_ns() + 2'000'000'000;
  while (counters_->open_streams.load() != 0) {
    const auto left_ms = (deadline - now_ns()) / 1'000'000;
    if (left_ms <= 0) {
      return false;
    }
    pollfd wait{stream_ended_.get(), POLLIN, 0};
    poll(&wait, 1, static_cast<int>(left_ms));
    std::uint64_t ended = 0;
    // A counter that was drained already is not an error: the condition decides.
    [[maybe_unused]] const auto got = read(stream_ended_.get(), &ended, sizeof ended);
  }
  return true;
}

}  // namespace bench
