#include "process/child.h"

#include <sys/wait.h>

#include <stdexcept>
#include <string>

#include "catch.h"
#include "started_child.h"

using namespace llmsnap;
using namespace llmsnap::process;

namespace {

std::size_t open_descriptors() {
  return numbers_in("/proc/self/fd").size();
}

}  // namespace

TEST_CASE("an exit is reported with its code or its signal", "[process]") {
  const auto [script, words] = GENERATE(table<std::string, std::string>({
      {"exit 0", "exited with code 0"},
      {"exit 3", "exited with code 3"},
      {"kill -SEGV $$", "was killed by signal 11 (SIGSEGV)"},
      {"kill -KILL $$", "was killed by signal 9 (SIGKILL, possibly out of memory)"},
  }));
  StartedChild started(shell(script));
  REQUIRE(started.await_exit());
  CHECK(describe(*started.exit()) == words);
}

TEST_CASE("a child that cannot be started leaves nothing behind", "[process]") {
  const std::size_t before = open_descriptors();
  ChildOptions options;
  options.launch.argv = {"/no/such"};
  std::string why;
  try {
    const StartedChild started(std::move(options));
  } catch (const std::runtime_error& error) {
    why = error.what();
  }
  CHECK(why == "cannot start \"/no/such\": no such file or directory");
  CHECK(open_descriptors() == before);
}

TEST_CASE("an exit is seen at once although a grandchild holds the output", "[process]") {
  StartedChild started(shell("sleep 30 & echo other=$!\\;; exit 4"));
  const pid_t other = started.number("other");
  REQUIRE(started.await_exit());
  CHECK(started.exit()->number == 4);
  CHECK(started.await([other] { return is_gone(other); }));  // swept with its group
}

TEST_CASE("a child may be destroyed by the report of its exit", "[process]") {
  io::Loop loop;
  const auto guard = std::move(*GroupGuard::start());
  std::unique_ptr<Child> child;
  bool reported = false;
  ChildOptions options = shell("exit 0");
  options.on_exit = [&child, &reported](ExitStatus) {
    child.reset();
    reported = true;
  };
  child = std::move(*Child::start(loop, *guard, std::move(options)));
  CHECK(turn_until(loop, [&reported] { return reported; }));
  CHECK(child == nullptr);
}

TEST_CASE("a child that is destroyed leaves nothing of its tree", "[process]") {
  StartedChild started(
      shell("sleep 31 & echo near=$!\\;; setsid sh -c 'echo far=$$\\;; exec sleep 32' & wait"));
  const pid_t pid = started.child().pid();
  const pid_t near = started.number("near");
  const pid_t far = started.number("far");
  started.destroy();
  CHECK(::kill(pid, 0) == -1);  // no zombie either
  CHECK(started.await([near, far] { return is_gone(near) && is_gone(far); }));
  CHECK_FALSE(started.exit());
}

TEST_CASE("hundreds of starts and stops leak no descriptor and no process", "[process]") {
  io::Loop loop;
  const auto guard = std::move(*GroupGuard::start());
  const std::size_t before = open_descriptors();
  const std::size_t children_before = children_of(::getpid()).size();
  constexpr int Cycles = 300;
  for (int i = 0; i < Cycles; ++i) {
    bool exited = false;
    ChildOptions options = shell("exec sleep 30");
    options.on_exit = [&exited](ExitStatus) { exited = true; };
    const auto child = std::move(*Child::start(loop, *guard, std::move(options)));
    child->stop(std::chrono::seconds(10));
    REQUIRE(turn_until(loop, [&exited] { return exited; }));
  }
  CHECK(open_descriptors() == before);
  CHECK(children_of(::getpid()).size() == children_before);
}

TEST_CASE("a child of the application is not reaped", "[process]") {
  const pid_t foreign = ::fork();
  if (foreign == 0) {
    ::_exit(7);
  }
  StartedChild started(shell("exit 0"));
  REQUIRE(started.await_exit());
  int status = 0;
  CHECK(::waitpid(foreign, &status, 0) == foreign);
  CHECK(WEXITSTATUS(status) == 7);
}
