// Instances whose config has changed or is gone.
#include <string>
#include <vector>

#include "catch.h"
#include "effects.h"
#include "schedule/planner.h"

namespace llmsnap::schedule {
namespace {

using std::chrono::seconds;

constexpr Time Now{seconds(1000)};

InstanceSpec named(const std::string& name) {
  InstanceSpec spec;
  spec.name = name;
  return spec;
}

TEST_CASE("a retired instance ends its requests, stops, and then its number is vacant",
          "[planner]") {
  Planner planner(group_policy({Group()}, {0}));
  const Instance a = planner.add_instance(named("a"));
  planner.handle({Now, RequestArrived{1, a}});
  planner.handle({Now, ProbePassed{a, 1}});
  const auto retired = planner.handle({Now, Retired{a, "its config has changed"}});
  CHECK(all_of<CloseGate>(retired).size() == 1);
  CHECK(all_of<Stop>(planner.handle({Now, InFlight{a, 1, 1}})).empty());
  CHECK(all_of<Refuse>(planner.handle({Now, RequestArrived{7, a}})).at(0).reason ==
        Refusal::Superseded);
  CHECK(all_of<Stop>(planner.handle({Now, InFlight{a, 1, 0}})).size() == 1);
  CHECK(all_of<Vacated>(planner.handle({Now, ChildExited{a, 1, "exit code 0"}})).empty());
  CHECK(all_of<Vacated>(planner.handle({Now, MemoryReleased{a, 1}})).size() == 1);
  CHECK(planner.add_instance(named("c")) == a);
  CHECK(all_of<Spawn>(planner.handle({Now, RequestArrived{8, a}})).at(0).incarnation == 2);
}

TEST_CASE("a retired instance that still has requests can be unloaded", "[planner]") {
  Planner planner(group_policy({Group()}, {0}));
  const Instance a = planner.add_instance(named("a"));
  planner.handle({Now, RequestArrived{1, a}});
  planner.handle({Now, ProbePassed{a, 1}});
  planner.handle({Now, Retired{a, "its config has changed"}});
  planner.handle({Now, InFlight{a, 1, 1}});
  CHECK(all_of<Stop>(planner.handle({Now, UnloadAsked{2, a}})).size() == 1);
  const auto ended = planner.handle({Now, ChildExited{a, 1, "exit code 0"}});
  CHECK(all_of<Done>(ended).at(0).ticket == 2);
  CHECK(all_of<Vacated>(planner.handle({Now, MemoryReleased{a, 1}})).size() == 1);
}

TEST_CASE("a retired instance that loads is stopped, and who waits is sent to its successor",
          "[planner]") {
  Planner planner(group_policy({Group()}, {0}));
  const Instance a = planner.add_instance(named("a"));
  planner.handle({Now, RequestArrived{1, a}});
  const auto retired = planner.handle({Now, Retired{a, "its config has changed"}});
  CHECK(all_of<Refuse>(retired).at(0).reason == Refusal::Superseded);
  CHECK(all_of<Stop>(retired).size() == 1);
}

TEST_CASE("a successor starts when its predecessor is gone, also where all may run together",
          "[planner]") {
  Group together;
  together.swap = false;
  Planner planner(succession_policy(group_policy({together}, {0, 0}), {{1}, {}}));
  planner.add_instance(named("m"));
  planner.add_instance(named("m"));
  planner.handle({Now, RequestArrived{1, 0}});
  planner.handle({Now, ProbePassed{0, 1}});
  planner.handle({Now, Retired{0, "its config has changed"}});
  CHECK(all_of<Spawn>(planner.handle({Now, RequestArrived{2, 1}})).empty());
  CHECK(all_of<Stop>(planner.handle({Now, InFlight{0, 1, 0}})).size() == 1);
  CHECK(all_of<Spawn>(planner.handle({Now, ChildExited{0, 1, "exit code 0"}})).empty());
  CHECK(all_of<Spawn>(planner.handle({Now, MemoryReleased{0, 1}})).at(0).instance == 1);
}

}  // namespace
}  // namespace llmsnap::schedule
