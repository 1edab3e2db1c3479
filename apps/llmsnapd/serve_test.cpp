// llmsnapd as a program whose standard error is a pipe that nobody reads.
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

#include "catch.h"
#include "support/eventually.h"
#include "support/temporary_folder.h"
#include "support/test_socket.h"

namespace {

using llmsnap::test::eventually;
using llmsnap::test::TemporaryFolder;
using llmsnap::test::TestSocket;

constexpr std::chrono::seconds Patience{60};

class Pipe {
 public:
  Pipe() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    if (ends_[0] >= 0) {
      close_read_end();
    }
    close_write_end();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_read_end() { ::close(std::exchange(ends_[0], -1)); }
  void close_write_end() {
    if (ends_[1] >= 0) {
      ::close(std::exchange(ends_[1], -1));
    }
  }

  void fill() const {
    REQUIRE(::fcntl(ends_[1], F_SETFL, O_NONBLOCK) == 0);
    const std::array<char, 4096> bytes{};
    while (::write(ends_[1], bytes.data(), bytes.size()) > 0) {
    }
    while (::write(ends_[1], bytes.data(), 1) > 0) {
    }
    REQUIRE(errno == EAGAIN);
    REQUIRE(::fcntl(ends_[1], F_SETFL, 0) == 0);
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

/// Who is at the other end of standard error.
enum class Reader { Stuck, Gone };

/// llmsnapd with a standard error that takes nothing. The signals that it takes are blocked from
/// its first instruction on, so that those sent early wait for it.
class MutedDaemon {
 public:
  explicit MutedDaemon(const std::string& listen, Reader reader = Reader::Stuck) {
    const std::string config = folder_.path("config.yaml");
    std::ofstream(config) << "shutdownTimeout: 1s\nmodels:\n  m:\n    proxy: http://127.0.0.1:9\n";
    if (reader == Reader::Gone) {
      stderr_.close_read_end();
    } else {
      stderr_.fill();
    }
    sigset_t signals;
    sigset_t before;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      sigaddset(&signals, signal);
    }
    ::pthread_sigmask(SIG_BLOCK, &signals, &before);
    pid_ = ::fork();
    if (pid_ == 0) {
      // An end by force leaves threads unjoined; a report of that would wait for the full pipe.
      const char* options = std::getenv("TSAN_OPTIONS");
      const std::string quiet =
          std::string(options == nullptr ? "" : options) + ":report_thread_leaks=0:log_path=stdout";
      ::setenv("TSAN_OPTIONS", quiet.c_str(), 1);
      ::dup2(stderr_.write_end(), STDERR_FILENO);
      ::fcntl(alive_.write_end(), F_SETFD, 0);
      ::execl(LLMSNAPD, LLMSNAPD, "--config", config.c_str(), "--listen", listen.c_str(), nullptr);
      ::_exit(127);
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    alive_.close_write_end();
    REQUIRE(pid_ > 0);
  }
  ~MutedDaemon() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  MutedDaemon(const MutedDaemon&) = delete;
  MutedDaemon& operator=(const MutedDaemon&) = delete;

  void signal(int number) const { REQUIRE(::kill(pid_, number) == 0); }

  bool ends_within(std::chrono::milliseconds time) const {
    pollfd ended{alive_.read_end(), POLLIN, 0};
    return ::poll(&ended, 1, static_cast<int>(time.count())) == 1;
  }

  /// Once it has ended: its exit code, or the signal that ended it, negative.
  int exit_code() {
    int status = 0;
    REQUIRE(::waitpid(std::exchange(pid_, -1), &status, 0) > 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  TemporaryFolder folder_;
  Pipe stderr_;
  Pipe alive_;  // its write end is open in the daemon alone
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("SIGTERM ends a llmsnapd whose standard error nobody reads, also after SIGHUP",
          "[llmsnapd]") {
  MutedDaemon daemon("127.0.0.1:0");
  daemon.signal(SIGHUP);
  daemon.signal(SIGTERM);
  REQUIRE(daemon.ends_within(Patience));
  CHECK(daemon.exit_code() == 1);  // by force, for its last lines could not be written
}

TEST_CASE("requests do not notice a log that nobody reads, or whose reader has gone",
          "[llmsnapd][H10]") {
  const Reader reader = GENERATE(Reader::Stuck, Reader::Gone);
  const TemporaryFolder folder;
  const std::string path = folder.path("socket");
  MutedDaemon daemon("unix:" + path, reader);
  // Their lines in the access log are more than its queue holds, 1 MiB.
  const std::string request =
      "GET /nowhere/" + std::string(4000, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  REQUIRE(eventually([&path] { return std::filesystem::exists(path); }));
  TestSocket client;
  REQUIRE(eventually([&] {
    try {
      client = TestSocket::connect_unix(path);
    } catch (const std::runtime_error&) {
      return false;  // it does not listen yet
    }
    return true;
  }));
  for (int count = 0; count < 1000; ++count) {
    client.send(request);
    REQUIRE(receive_answer(client).status == 404);
  }
  CHECK_FALSE(daemon.ends_within(std::chrono::milliseconds(0)));
}

TEST_CASE("a llmsnapd that cannot listen ends, also if it cannot say so", "[llmsnapd]") {
  MutedDaemon daemon("unix:/nowhere/llmsnapd.sock");
  REQUIRE(daemon.ends_within(Patience));
  CHECK(daemon.exit_code() == 1);
}
