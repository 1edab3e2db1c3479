// What those are told to go for that go.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "effects.h"
#include "schedule/planner.h"

namespace llmsnap::schedule {
namespace {

using std::chrono::hours;
using What = decltype(Event::what);

constexpr Instance A = 0;
constexpr Instance B = 1;

/// Two models of one swap group, which can sleep, and a clock.
class Table {
 public:
  Table() : planner_(group_policy({Group()}, {A, A})) {
    for (const char* name : {"a", "b"}) {
      InstanceSpec spec;
      spec.name = name;
      spec.can_sleep = true;
      spec.ttl = hours(1);
      spec.stop_after = hours(10);
      planner_.add_instance(spec);
    }
  }

  void pass(Time::duration time) { now_ += time; }

  /// Answers with the changes of states.
  std::vector<Publish> feed(const std::vector<What>& whats) {
    std::vector<Publish> changes;
    for (const What& what : whats) {
      const auto more = all_of<Publish>(planner_.handle({now_, what}));
      changes.insert(changes.end(), more.begin(), more.end());
    }
    return changes;
  }

  void serve_a() { feed({RequestArrived{1, A}, ProbePassed{A, 1}}); }

  /// It sleeps because its ttl is over.
  void let_a_sleep() {
    serve_a();
    pass(hours(1));
    feed({TimePassed{}, InFlight{A, 1, 0}, FellAsleep{A, 1}});
  }

 private:
  Planner planner_;
  Time now_{hours(1)};
};

/// Of the one change; nothing where there were more, or none.
std::optional<GoingCause> cause_of(const std::vector<Publish>& changes) {
  return changes.size() == 1 ? changes[0].cause : std::nullopt;
}

TEST_CASE("a model that drains does so for the cause for which it then stops or sleeps",
          "[planner]") {
  struct Row {
    What what;
    Time::duration later;
    GoingCause cause;
  };
  const Row row = GENERATE(Row{RequestArrived{9, B}, {}, GoingCause::Room},
                           Row{TimePassed{}, hours(1), GoingCause::Idle},
                           Row{SleepAsked{9, A}, {}, GoingCause::Sleep},
                           Row{Retired{A, "its config has changed"}, {}, GoingCause::Config},
                           Row{FoundFailing{A, 1, "status 500"}, {}, GoingCause::Failure});
  Table table;
  table.serve_a();
  table.pass(row.later);
  // The first one tells of a gate that may still be open.
  const std::vector<Publish> changes = table.feed({row.what, InFlight{A, 1, 0}, InFlight{A, 1, 0}});
  INFO(name_of(row.cause));
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].to == State::Draining);
  CHECK(changes[0].cause == row.cause);
  CHECK(changes[1].cause == row.cause);
}

TEST_CASE("an unload and a shutdown stop a model for causes of their own", "[planner]") {
  const auto [what, cause] = GENERATE(std::pair(What(UnloadAsked{9, A}), GoingCause::Unload),
                                      std::pair(What(ShutdownBegun{}), GoingCause::Shutdown));
  Table table;
  table.serve_a();
  CHECK(cause_of(table.feed({what})) == cause);
}

TEST_CASE("a start that fails is stopped for its failure", "[planner]") {
  Table table;
  table.feed({RequestArrived{1, A}});
  CHECK(cause_of(table.feed({ProbeGaveUp{A, 1, "no answer"}})) == GoingCause::Failure);
}

TEST_CASE("a sleep that fails ends in a stop for that failure", "[planner]") {
  Table table;
  table.serve_a();
  REQUIRE(table.feed({SleepAsked{9, A}, InFlight{A, 1, 0}}).back().cause == GoingCause::Sleep);
  CHECK(cause_of(table.feed({SleepFailed{A, 1, "status 500"}})) == GoingCause::Failure);
}

TEST_CASE("a sleeper that does not wake is stopped for its failure", "[planner]") {
  Table table;
  table.let_a_sleep();
  table.feed({RequestArrived{9, A}});
  CHECK(cause_of(table.feed({WakeFailed{A, 1, "status 500"}})) == GoingCause::Failure);
}

TEST_CASE("who has slept for its stopAfter stops as idle", "[planner]") {
  Table table;
  table.let_a_sleep();
  table.pass(hours(10));
  CHECK(cause_of(table.feed({TimePassed{}})) == GoingCause::Idle);
}

TEST_CASE("a start that nobody waits for any more makes room", "[planner]") {
  Table table;
  table.feed({RequestArrived{1, A}, TicketCancelled{1}});
  CHECK(cause_of(table.feed({RequestArrived{2, B}})) == GoingCause::Room);
}

TEST_CASE("what starts, serves or ends by itself has no cause to go", "[planner]") {
  Table table;
  const std::vector<Publish> changes =
      table.feed({RequestArrived{1, A}, ProbePassed{A, 1}, ChildExited{A, 1, "exited"}});
  REQUIRE(changes.size() == 3);
  for (const Publish& change : changes) {
    INFO(name_of(change.to));
    CHECK_FALSE(change.cause.has_value());
  }
}

}  // namespace
}  // namespace llmsnap::schedule
