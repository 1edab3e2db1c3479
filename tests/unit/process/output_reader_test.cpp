#include "process/output_reader.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include "catch.h"
#include "io/loop.h"
#include "io/sanitizer.h"
#include "log/output_log.h"

namespace llmsnap::process {
namespace {

using namespace std::chrono_literals;

constexpr auto Patience = 30s;

struct Ends {
  UniqueFd read;
  UniqueFd write;
};

Ends make_pipe() {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// A loop on a thread of its own, as the I/O threads have.
class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.run(); }) {}
  ~LoopThread() {
    loop_.stop();
    thread_.join();
  }
  io::Loop& loop() { return loop_; }

  /// Everything posted before has run.
  void settle() {
    std::promise<void> done;
    loop_.post([&done] { done.set_value(); });
    REQUIRE(done.get_future().wait_for(Patience) == std::future_status::ready);
  }

 private:
  io::Loop loop_;
  std::thread thread_;
};

/// The future is ready when on_end was called.
struct Ended {
  std::promise<void> promise;
  std::future<void> future = promise.get_future();
  std::function<void()> callback() {
    return [this] { promise.set_value(); };
  }
  bool wait() { return future.wait_for(Patience) == std::future_status::ready; }
  bool now() { return future.wait_for(0s) == std::future_status::ready; }
};

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(fd, text.data(), text.size());
    REQUIRE(size > 0);
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

std::size_t resident_bytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST_CASE("what is printed reaches the log, up to the end of the pipe", "[process]") {
  LoopThread thread;
  const auto log = std::make_shared<OutputLog>();
  Ends pipe = make_pipe();
  Ended ended;
  write_all(pipe.write.get(), "before\n");
  const OutputReader reader(thread.loop(), std::move(pipe.read), log, ended.callback());
  write_all(pipe.write.get(), "after\nlast");
  pipe.write.reset();
  REQUIRE(ended.wait());
  CHECK(log->snapshot() == "before\nafter\nlast\n");
}

TEST_CASE("a live reader hears of each new line", "[process]") {
  LoopThread thread;
  const auto log = std::make_shared<OutputLog>();
  Ends pipe = make_pipe();
  const OutputReader reader(thread.loop(), std::move(pipe.read), log, nullptr);
  std::uint64_t position = 0;
  for (int i = 0; i < 10; ++i) {
    std::promise<void> heard;
    const Subscription subscription = log->on_append([&heard] { heard.set_value(); });
    write_all(pipe.write.get(), "line\n");
    REQUIRE(heard.get_future().wait_for(Patience) == std::future_status::ready);
    const OutputLog::Piece piece = log->read_from(position);
    CHECK(piece.text == "line\n");
    position = piece.next;
  }
}

TEST_CASE("a gigabyte is drained without memory and without delay for others", "[process]") {
  constexpr std::size_t total = (io::SanitizersActive ? 64 : 1024) * std::size_t{1024} * 1024;
  const bool with_lines = GENERATE(false, true);
  CAPTURE(with_lines);
  std::string chunk;
  while (chunk.size() < std::size_t{1024} * 1024) {
    chunk += with_lines ? "yyyyyyyyyyyyyyy\n" : "yyyyyyyyyyyyyyyy";
  }
  LoopThread thread;
  const auto log = std::make_shared<OutputLog>();
  Ends pipe = make_pipe();
  Ended ended;
  const OutputReader reader(thread.loop(), std::move(pipe.read), log, ended.callback());
  thread.settle();
  const std::size_t memory_before = resident_bytes();
  const auto begin = SteadyClock::now();
  SteadyClock::duration longest_write{0};
  std::thread writer([&pipe, &chunk, &longest_write] {
    for (std::size_t written = 0; written < total;) {
      const auto started = SteadyClock::now();
      const ssize_t size = ::write(pipe.write.get(), chunk.data(), chunk.size());
      if (size <= 0) {
        break;
      }
      longest_write = std::max(longest_write, SteadyClock::now() - started);
      written += static_cast<std::size_t>(size);
    }
    pipe.write.reset();
  });
  SteadyClock::duration longest{0};
  while (!ended.now()) {
    const auto posted = SteadyClock::now();
    thread.settle();
    longest = std::max(longest, SteadyClock::now() - posted);
  }
  writer.join();
  const auto seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  const auto growth = static_cast<double>(resident_bytes()) - static_cast<double>(memory_before);
  const auto longest_ms = std::chrono::duration<double, std::milli>(longest).count();
  const double gigabytes_per_second = static_cast<double>(total) / seconds / 1e9;
  CAPTURE(gigabytes_per_second, longest_ms, growth);
  CHECK(log->snapshot().size() <= 100 * 1024);
  CHECK(static_cast<double>(log->end()) < (seconds + 2) * 10.1e6);  // the rest was suppressed
  CHECK(log->snapshot().ends_with("y\n"));
  if (!io::SanitizersActive) {
    CHECK(growth < 10.0 * 1024 * 1024);
  }
  CHECK(longest < 2s);
  CHECK(longest_write < 2s);
}

TEST_CASE("what was suppressed is told although nothing more is printed", "[process]") {
  LoopThread thread;
  OutputLog::Limits limits;
  limits.bytes_per_second = 1000;
  const auto log = std::make_shared<OutputLog>(limits);
  Ends pipe = make_pipe();
  const OutputReader reader(thread.loop(), std::move(pipe.read), log, nullptr);
  std::promise<void> told;
  bool seen = false;
  const Subscription subscription = log->on_append([&log, &told, &seen] {
    if (!seen && log->read_from(0).text.find("[suppressed ") != std::string::npos) {
      seen = true;
      told.set_value();
    }
  });
  write_all(pipe.write.get(), std::string(9'000, 'z') + "\nlast words\n");
  REQUIRE(told.get_future().wait_for(Patience) == std::future_status::ready);
  CHECK(log->last_lines(1).front() == "last words");
}

TEST_CASE("a pipe that a grandchild holds is given up at the deadline", "[process]") {
  LoopThread thread;
  const auto log = std::make_shared<OutputLog>();
  Ends pipe = make_pipe();
  Ended ended;
  OutputReader reader(thread.loop(), std::move(pipe.read), log, ended.callback());
  write_all(pipe.write.get(), "last words\n");

  SECTION("what was printed before is in the log at once") {
    reader.finish_by(SteadyClock::now() + Patience);
    thread.settle();
    CHECK(log->snapshot() == "last words\n");
    CHECK_FALSE(ended.now());
  }
  SECTION("what is printed until then is read") {
    reader.finish_by(SteadyClock::now() + Patience);
    thread.settle();
    write_all(pipe.write.get(), "more\n");
    pipe.write.reset();
    REQUIRE(ended.wait());
    CHECK(log->snapshot() == "last words\nmore\n");
  }
  SECTION("then the reader lets go of it") {
    reader.finish_by(SteadyClock::now() + 20ms);
    REQUIRE(ended.wait());
    ::signal(SIGPIPE, SIG_IGN);
    CHECK(::write(pipe.write.get(), "x", 1) == -1);
    ::signal(SIGPIPE, SIG_DFL);
  }
  SECTION("also in the middle of a flood") {
    ::signal(SIGPIPE, SIG_IGN);
    std::thread flood([&pipe] {
      const std::string chunk(65536, 'x');
      while (::write(pipe.write.get(), chunk.data(), chunk.size()) > 0) {
      }
    });
    reader.finish_by(SteadyClock::now() + 50ms);
    CHECK(ended.wait());
    flood.join();
    ::signal(SIGPIPE, SIG_DFL);
  }
}

TEST_CASE("a reader that is dropped closes its pipe and is not heard of again", "[process]") {
  LoopThread thread;
  const auto log = std::make_shared<OutputLog>();
  Ends pipe = make_pipe();
  std::atomic<bool> called{false};
  const int descriptor = pipe.read.get();
  {
    const OutputReader reader(thread.loop(), std::move(pipe.read), log,
                              [&called] { called = true; });
    write_all(pipe.write.get(), "text");
  }
  thread.settle();
  CHECK(::fcntl(descriptor, F_GETFD) == -1);
  CHECK_FALSE(called);
}

TEST_CASE("a reader whose loop has ended can still be dropped", "[process]") {
  io::Loop loop;
  const auto log = std::make_shared<OutputLog>();
  Ends pipe = make_pipe();
  const int descriptor = pipe.read.get();
  {
    const OutputReader reader(loop, std::move(pipe.read), log, nullptr);
    loop.stop();
    loop.run();
    CHECK(::fcntl(descriptor, F_GETFD) != -1);
  }
}

}  // namespace
}  // namespace llmsnap::process
