#include "process/instance_marker.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "catch.h"
#include "started_child.h"

using namespace llmsnap;
using namespace llmsnap::process;

namespace {

ChildOptions marked(const std::string& marker) {
  ChildOptions options = shell("exec sleep 30");
  options.launch.environment.push_back(marker);
  return options;
}

std::string command_of(pid_t pid) {
  const auto stat = process_stat(pid);
  return stat ? stat->command : "";
}

bool holds(const std::vector<Leftover>& leftovers, pid_t pid, const std::string& command) {
  return std::any_of(leftovers.begin(), leftovers.end(), [pid, &command](const Leftover& leftover) {
    return leftover.pid == pid && leftover.command == command;
  });
}

std::string marker_of_a_dead_gateway() {
  // The number lives, but it began at another time.
  return fmt::format("LLMSNAP_INSTANCE={}:1:7", ::getpid());
}

}  // namespace

TEST_CASE("a marker names the gateway's process, its start and a serial", "[process]") {
  const std::string marker = own_marker(12);
  CHECK(is_own_marker(marker));
  CHECK(marker.starts_with(fmt::format("LLMSNAP_INSTANCE={}:", ::getpid())));
  CHECK(marker.ends_with(":12"));
  CHECK_FALSE(is_own_marker(marker_of_a_dead_gateway()));
  CHECK_FALSE(is_own_marker("LLMSNAP_INSTANCE=what"));
}

TEST_CASE("whose gateway lives is told by the marker of a process", "[process]") {
  const auto is_of_living = [](const std::string& marker) {
    StartedChild child(marked(marker));
    const pid_t pid = child.child().pid();
    REQUIRE(child.await([pid] { return command_of(pid) == "sleep"; }));
    return is_of_living_gateway(pid);
  };
  CHECK(is_of_living(own_marker(1)));
  CHECK_FALSE(is_of_living(marker_of_a_dead_gateway()));
  CHECK_FALSE(is_of_living("ANOTHER=1"));
}

TEST_CASE("the children of a dead gateway are found and killed, and no others", "[process]") {
  StartedChild left(marked(marker_of_a_dead_gateway()));
  StartedChild ours(marked(own_marker(1)));
  StartedChild odd(marked("LLMSNAP_INSTANCE=what"));
  StartedChild plain(shell("exec sleep 30"));
  const pid_t pid = left.child().pid();
  REQUIRE(left.await([pid] { return is_gone(pid) || command_of(pid) == "sleep"; }));

  // This test may run elsewhere on the machine at the same time, and take this one for its own.
  const std::vector<Leftover> found = find_leftovers();
  CHECK((is_gone(pid) || holds(found, pid, "sleep")));
  const std::vector<Leftover> killed = kill_leftovers();
  for (StartedChild* const other : {&ours, &odd, &plain}) {
    const pid_t other_pid = other->child().pid();
    CHECK(std::none_of(killed.begin(), killed.end(), [other_pid](const Leftover& leftover) {
      return leftover.pid == other_pid;
    }));
    CHECK_FALSE(is_gone(other_pid));
  }
  REQUIRE(left.await_exit());
  CHECK(left.exit()->number == SIGKILL);
}

TEST_CASE("the processes of one life of an instance can be killed", "[process]") {
  StartedChild one(marked(own_marker(1)));
  StartedChild ten(marked(own_marker(10)));
  const std::vector<Leftover> killed = kill_marked(own_marker(1));
  REQUIRE(killed.size() == 1);
  CHECK(killed.front().pid == one.child().pid());
  REQUIRE(one.await_exit());
  CHECK_FALSE(is_gone(ten.child().pid()));
}

TEST_CASE("a process is found by its marker also while it becomes another program", "[process]") {
  // `exec` follows at once on the start: many of these looks fall into the midst of it.
  for (std::uint64_t round = 1; round <= 200; ++round) {
    StartedChild child(marked(own_marker(round)));
    REQUIRE(kill_marked(own_marker(round)).size() == 1);
    REQUIRE(child.await_exit());
  }
}
