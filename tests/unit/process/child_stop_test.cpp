#include <chrono>
#include <memory>
#include <string>

#include "catch.h"
#include "process/child.h"
#include "process/instance_marker.h"
#include "started_child.h"
#include "support/contains.h"

using namespace llmsnap;
using namespace llmsnap::process;
using llmsnap::test::contains;
using namespace std::chrono_literals;

namespace {

constexpr const char* IgnoresTerm = "trap '' TERM; echo up; while :; do sleep 1; done";
constexpr const char* SaysTerm =
    "trap 'echo asked; exit 5' TERM; echo up; while :; do sleep 1; done";

/// What is told of the stop command of a child with these options.
class Troubles {
 public:
  explicit Troubles(ChildOptions& options) {
    options.on_stop_trouble = [all = all_](const StopTrouble& trouble) {
      *all += (trouble.ran ? "ran: " : "") + trouble.why;
    };
  }
  const std::string& operator*() const { return *all_; }

 private:
  std::shared_ptr<std::string> all_ = std::make_shared<std::string>();  // the other: the options
};

}  // namespace

TEST_CASE("a child is asked to stop with its signal", "[process]") {
  ChildOptions options = shell("trap 'exit 6' INT; echo up; while :; do sleep 0.05; done");
  options.stop_signal = SIGINT;
  StartedChild started(std::move(options));
  started.output_with("up");
  started.child().stop(10s);
  started.child().stop(10s);
  REQUIRE(started.await_exit());
  CHECK(describe(*started.exit()) == "exited with code 6");
}

TEST_CASE("a child that ignores the signal is killed after the timeout", "[process]") {
  ChildOptions options = shell(IgnoresTerm);
  StartedChild started(std::move(options));
  started.output_with("up");
  const auto begin = SteadyClock::now();
  started.child().stop(100ms);
  REQUIRE(started.await_exit());
  CHECK(started.exit()->number == SIGKILL);
  CHECK(SteadyClock::now() - begin >= 100ms);
}

TEST_CASE("without patience, or told to kill, a child is killed at once", "[process]") {
  ChildOptions options = shell(IgnoresTerm);
  const auto timeout = GENERATE(0ms, 60'000ms);
  const bool patient = timeout > 0ms;
  StartedChild started(std::move(options));
  started.output_with("up");
  started.child().stop(timeout);
  if (patient) {
    started.child().kill();
  }
  REQUIRE(started.await_exit());
  CHECK(started.exit()->number == SIGKILL);
}

TEST_CASE("a child that was stopped by SIGSTOP goes on to end", "[process]") {
  StartedChild started(shell("exec sleep 30"));
  const pid_t pid = started.child().pid();
  REQUIRE(::kill(pid, SIGSTOP) == 0);
  REQUIRE(started.await([pid] { return process_stat(pid)->state == 'T'; }));
  started.child().stop(10s);
  REQUIRE(started.await_exit());
  CHECK(started.exit()->number == SIGTERM);
}

TEST_CASE("grandchildren are gone after a stop, in the group or out of it", "[process]") {
  StartedChild started(
      shell("sleep 31 & echo near=$!\\;;"
            "setsid sh -c 'trap \"\" TERM; echo far=$$\\;; sleep 32; :' & wait"));
  const pid_t near = started.number("near");
  const pid_t far = started.number("far");
  REQUIRE_FALSE(is_gone(far));
  started.child().stop(10s);
  REQUIRE(started.await_exit());
  CHECK(started.await([near, far] { return is_gone(near) && is_gone(far); }));
}

TEST_CASE("what lost its parents is found by the marker when the child crashes", "[process]") {
  ChildOptions options = shell(
      "(setsid sh -c 'echo far=$$\\;; exec sleep 33' &) ; read x < /proc/self/stat; sleep 30");
  options.launch.environment.push_back(own_marker(41));
  StartedChild started(std::move(options));
  const pid_t far = started.number("far");
  ::kill(started.child().pid(), SIGSEGV);
  REQUIRE(started.await_exit());
  CHECK(started.exit()->number == SIGSEGV);
  CHECK(started.await([far] { return is_gone(far); }));
}

TEST_CASE("a stop command replaces the signal and knows the child's pid", "[process]") {
  ChildOptions options = shell("trap 'exit 8' USR1; echo up; while :; do sleep 0.05; done");
  options.stop_command = "sh -c 'echo $COLOUR stops ${PID}; kill -USR1 ${PID}'";
  const Troubles troubles(options);
  StartedChild started(std::move(options));
  started.output_with("up");
  started.child().stop(10s);
  REQUIRE(started.await_exit());
  CHECK(describe(*started.exit()) == "exited with code 8");
  CHECK((*troubles).empty());
  const std::string said = "blue stops " + std::to_string(started.child().pid());
  CHECK(started.output_with(said).find(said) != std::string::npos);
}

TEST_CASE("a stop command that hangs is killed with the child after the timeout", "[process]") {
  ChildOptions options = shell("echo up; exec sleep 30");
  options.stop_command = "sh -c 'echo stopper=$$\";\"; exec sleep 31'";
  const Troubles troubles(options);
  StartedChild started(std::move(options));
  started.output_with("up");
  started.child().stop(300ms);
  const pid_t stopper = started.number("stopper");
  REQUIRE(started.await_exit());
  CHECK(started.exit()->number == SIGKILL);
  CHECK(*troubles == "ran: it had not ended after 300 ms; the process is killed");
  CHECK(::kill(stopper, 0) == -1);
}

TEST_CASE("a stop command is killed when the child has gone before it ends", "[process]") {
  ChildOptions options = shell("echo up; exec sleep 30");
  options.stop_command = "sh -c 'echo stopper=$$\";\"; kill ${PID}; exec sleep 31'";
  StartedChild started(std::move(options));
  started.output_with("up");
  started.child().stop(10s);
  REQUIRE(started.await_exit());
  CHECK(started.exit()->number == SIGTERM);
  CHECK(::kill(started.number("stopper"), 0) == -1);
}

TEST_CASE("a stop command that fails or cannot be run falls back to the signal", "[process]") {
  ChildOptions options = shell(SaysTerm);
  const auto [command, trouble] = GENERATE(table<std::string, std::string>({
      {"sh -c 'exit 3'", "ran: it exited with code 3"},
      {"sh -c 'kill -SEGV $$'", "ran: it was killed by signal 11"},
      {"/no/such/stopper", "cannot start \"/no/such/stopper\": no such file or directory"},
      {"# nothing", "command"},
  }));
  options.stop_command = command;
  const Troubles troubles(options);
  StartedChild started(std::move(options));
  started.output_with("up");
  const auto begin = SteadyClock::now();
  started.child().stop(10s);
  REQUIRE(started.await_exit());
  CHECK(describe(*started.exit()) == "exited with code 5");
  CHECK(SteadyClock::now() - begin < 5s);
  CHECK(contains(*troubles, trouble));
  CHECK(contains(*troubles, "; the stop signal is sent in its place"));
}

TEST_CASE("a stop command that says all is well and ends nothing is told of", "[process]") {
  ChildOptions options = shell("echo up; exec sleep 30");
  options.stop_command = "true";
  const Troubles troubles(options);
  StartedChild started(std::move(options));
  started.output_with("up");
  started.child().stop(300ms);
  REQUIRE(started.await_exit());
  CHECK(*troubles == "ran: the process had not ended after 300 ms; the process is killed");
}
