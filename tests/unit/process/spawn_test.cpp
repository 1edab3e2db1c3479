#include "process/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "catch.h"
#include "process/pidfd.h"
#include "support/temporary_folder.h"

using namespace llmsnap;
using namespace llmsnap::process;

namespace {

Launch launch_of(std::vector<std::string> argv) {
  return {std::move(argv), {"PATH=/usr/bin:/bin", "COLOUR=blue"}, ""};
}

/// What it wrote until it ended; it is reaped.
std::string output_of(const Launch& launch) {
  Result<Spawned> spawned = spawn(launch);
  REQUIRE(spawned);
  std::string text;
  std::array<char, 4096> piece;
  pollfd waiting{spawned->output.get(), POLLIN, 0};
  constexpr int TenSeconds = 10'000;
  while (::poll(&waiting, 1, TenSeconds) > 0) {
    const ssize_t count = ::read(spawned->output.get(), piece.data(), piece.size());
    if (count <= 0) {
      break;
    }
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
  CHECK(await_exit(spawned->pidfd, std::chrono::seconds(10)));
  CHECK(reap(spawned->pidfd));
  return text;
}

/// A failed start is answered within 50 ms; the fastest of some counts, since others use the
/// machine.
std::string failure_of(const Launch& launch) {
  constexpr auto AtOnce = std::chrono::milliseconds(50);
  auto fastest = std::chrono::steady_clock::duration::max();
  Result<Spawned> spawned = Error{};
  for (int i = 0; i < 10 && fastest > AtOnce; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    spawned = spawn(launch);
    fastest = std::min(fastest, std::chrono::steady_clock::now() - begin);
  }
  CHECK(fastest <= AtOnce);
  REQUIRE_FALSE(spawned);
  CHECK(spawned.error().code == ErrorCode::UpstreamFailed);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // no zombie stays
  return spawned.error().message;
}

std::string line_of(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name);
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

}  // namespace

TEST_CASE("a program that cannot be started says why at once", "[process]") {
  const test::TemporaryFolder folder;
  const std::string plain = folder.path("plain");
  std::ofstream(plain) << "text";
  const std::string script = folder.path("script");
  std::ofstream(script) << "#!/no/such/interpreter\n";
  ::chmod(script.c_str(), 0755);

  CHECK(failure_of(launch_of({"/no/such"})) ==
        "cannot start \"/no/such\": no such file or directory");
  CHECK(failure_of(launch_of({plain})) == "cannot start \"" + plain + "\": permission denied");
  CHECK(failure_of(launch_of({script})) ==
        "cannot start \"" + script +
            "\": the file is there, but the interpreter that it names is not");
  CHECK(failure_of(launch_of({"no-such-program"})) ==
        "cannot start \"no-such-program\": no program of the name no-such-program on PATH");
  CHECK(failure_of(launch_of({})) == "empty command");

  Launch elsewhere = launch_of({"sleep", "1"});
  elsewhere.folder = "/no/such/folder";
  CHECK(failure_of(elsewhere) ==
        "cannot start \"sleep\" in the folder \"/no/such/folder\": no such file or directory");
  Launch relative = launch_of({"./server"});
  relative.folder = folder.path();
  CHECK(failure_of(relative) == "cannot start \"./server\" from the folder \"" + folder.path() +
                                    "\": no such file or directory");
}

TEST_CASE("a child gets its words, its environment and its folder", "[process]") {
  const test::TemporaryFolder folder;
  Launch launch =
      launch_of({"sh", "-c", "echo $1 $COLOUR $HOME; pwd; cat; echo late >&2", "-", "a b"});
  launch.folder = folder.path();
  CHECK(output_of(launch) == "a b blue\n" + folder.path() + "\nlate\n");
}

TEST_CASE("what the gateway ignores or blocks is not handed on to a child", "[process]") {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before {};
  ::sigaction(SIGPIPE, &ignore, &before);
  sigset_t term, mask_before;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &term, &mask_before);

  const std::string status = output_of(launch_of({"cat", "/proc/self/status"}));
  CHECK(line_of(status, "SigIgn:") == "SigIgn:\t0000000000000000");
  CHECK(line_of(status, "SigBlk:") == "SigBlk:\t0000000000000000");

  struct sigaction still {};
  ::sigaction(SIGPIPE, nullptr, &still);
  CHECK(still.sa_handler == SIG_IGN);
  sigset_t now;
  ::pthread_sigmask(SIG_SETMASK, &mask_before, &now);
  CHECK(::sigismember(&now, SIGTERM) == 1);
  CHECK(::sigismember(&now, SIGINT) == ::sigismember(&mask_before, SIGINT));
  ::sigaction(SIGPIPE, &before, nullptr);
}

TEST_CASE("no descriptor of the gateway is handed on to a child", "[process]") {
  const UniqueFd foreign(::open("/dev/null", O_RDONLY));  // not close-on-exec, as an application's
  // The last one is the folder that ls reads.
  CHECK(output_of(launch_of({"ls", "/proc/self/fd"})) == "0\n1\n2\n3\n");
}

TEST_CASE("a child writes no core files and leads a group of its own", "[process]") {
  const std::string limits = output_of(launch_of({"cat", "/proc/self/limits"}));
  CHECK(line_of(limits, "Max core file size").find("     0  ") != std::string::npos);

  const Result<Spawned> spawned = spawn(launch_of({"sleep", "30"}));
  REQUIRE(spawned);
  CHECK(::getpgid(spawned->pid) == spawned->pid);
  CHECK(look_at(spawned->pidfd) == Look::Running);
  CHECK(send_signal(spawned->pidfd, SIGKILL));
  REQUIRE(await_exit(spawned->pidfd, std::chrono::seconds(10)));
  CHECK(look_at(spawned->pidfd) == Look::Exited);
  const auto status = reap(spawned->pidfd);
  REQUIRE(status);
  CHECK(describe(*status) == "was killed by signal 9 (SIGKILL, possibly out of memory)");
  CHECK(look_at(spawned->pidfd) == Look::NotOurs);
}

TEST_CASE("a child can be started by a process without standard streams", "[process]") {
  const UniqueFd in(::dup(0)), out(::dup(1)), err(::dup(2));
  ::close(0);
  ::close(1);
  ::close(2);
  const Result<Spawned> spawned = spawn(launch_of({"sh", "-c", "echo here"}));
  ::dup2(in.get(), 0);
  ::dup2(out.get(), 1);
  ::dup2(err.get(), 2);
  REQUIRE(spawned);
  REQUIRE(await_exit(spawned->pidfd, std::chrono::seconds(10)));
  CHECK(reap(spawned->pidfd));
  std::array<char, 16> text;
  CHECK(::read(spawned->output.get(), text.data(), text.size()) == 5);
}
