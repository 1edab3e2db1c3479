// Models of several instances.
#include <string>

#include "catch.h"
#include "effects.h"
#include "schedule/planner.h"

namespace llmsnap::schedule {
namespace {

using std::chrono::seconds;

/// Model x with the instances 0 and 1, each of which serves one request at a time, and y with 2;
/// all of one swap group.
class Table {
 public:
  Table() : planner_(group_policy({Group()}, {0, 0, 0})) {
    InstanceSpec spec;
    spec.name = "x";
    spec.concurrency_limit = 1;
    planner_.add_instance(spec);
    planner_.add_instance(spec, X0);
    spec.name = "y";
    planner_.add_instance(spec);
  }

  Planner& planner() { return planner_; }
  void pass(Time::duration time) { now_ += time; }
  void use(std::size_t of_x0, std::size_t of_x1) {
    uses_ = {{of_x0, now_}, {of_x1, now_}, {0, now_}};
  }

  template <typename What>
  std::vector<Effect> feed(What what) {
    return planner_.handle({now_, std::move(what), uses_});
  }

  void both_ready() {
    feed(RequestArrived{1, X0});
    feed(ProbePassed{X0, 1});
    feed(ProbePassed{X1, 1});
    use(1, 0);
  }

  static constexpr Instance X0 = 0;
  static constexpr Instance X1 = 1;
  static constexpr Instance Y = 2;

 private:
  Planner planner_;
  Time now_{seconds(1000)};
  std::vector<Use> uses_;
};

TEST_CASE("all instances of a model start with the first request", "[planner][instances]") {
  Table table;
  const auto effects = table.feed(RequestArrived{1, Table::X1});
  CHECK(all_of<Spawn>(effects).size() == 2);
}

TEST_CASE("instances serve one queue, whoever is ready first", "[planner][instances]") {
  Table table;
  table.feed(RequestArrived{1, Table::X0});
  table.feed(RequestArrived{2, Table::X0});
  table.feed(RequestArrived{3, Table::X0});
  const auto first = all_of<Grant>(table.feed(ProbePassed{Table::X1, 1}));
  REQUIRE(first.size() == 1);
  CHECK(first[0].ticket == 1);
  CHECK(first[0].instance == Table::X1);
  CHECK(all_of<Grant>(table.feed(ProbePassed{Table::X0, 1})).at(0).ticket == 2);
  const auto then = table.feed(InFlight{Table::X1, 1, 0});
  CHECK(all_of<Grant>(then).at(0).ticket == 3);
  CHECK(all_of<OpenGate>(then).size() == 2);
}

TEST_CASE("an instance starts also when nobody waits any more", "[planner][instances]") {
  Table table;
  table.both_ready();
  table.feed(ChildExited{Table::X1, 1, "crashed"});
  const auto effects = table.feed(MemoryReleased{Table::X1, 1});
  REQUIRE(all_of<Spawn>(effects).size() == 1);
  CHECK(all_of<Spawn>(effects)[0].instance == Table::X1);
}

TEST_CASE("who waits hears of a failed start when no instance is left that may serve",
          "[planner][instances]") {
  Table table;
  table.feed(RequestArrived{1, Table::X0});
  CHECK(all_of<Refuse>(table.feed(ChildExited{Table::X0, 1, "no memory"})).empty());
  CHECK(all_of<Spawn>(table.feed(MemoryReleased{Table::X0, 1})).empty());
  const auto refused = all_of<Refuse>(table.feed(ChildExited{Table::X1, 1, "no memory"}));
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].reason == Refusal::StartFailed);
}

TEST_CASE("a request waits for an instance that is to come, and is refused if none is",
          "[planner][instances]") {
  Table table;
  table.feed(RequestArrived{1, Table::X0});
  table.feed(ProbePassed{Table::X0, 1});
  table.use(1, 0);
  const auto waits = table.feed(RequestArrived{2, Table::X0});
  CHECK(all_of<Refuse>(waits).empty());
  CHECK(all_of<CloseGate>(waits).size() == 1);  // so that nobody overtakes
  CHECK(all_of<Grant>(table.feed(ProbePassed{Table::X1, 1})).at(0).instance == Table::X1);
}

TEST_CASE("a model makes room when all of its instances are idle", "[planner][instances]") {
  Table table;
  table.both_ready();
  const auto asked = table.feed(RequestArrived{9, Table::Y});
  CHECK(all_of<CloseGate>(asked).empty());
  REQUIRE(all_of<WatchIdle>(asked).size() == 1);
  CHECK(all_of<WatchIdle>(asked)[0].instance == Table::X0);
  table.use(0, 0);
  const auto idle = table.feed(InFlight{Table::X0, 1, 0});
  CHECK(all_of<CloseGate>(idle).at(0).instance == Table::X0);
  CHECK(all_of<CloseGate>(table.feed(InFlight{Table::X1, 1, 0})).at(0).instance == Table::X1);
  CHECK(all_of<Stop>(table.feed(InFlight{Table::X0, 1, 0})).size() == 1);
  CHECK(all_of<Stop>(table.feed(InFlight{Table::X1, 1, 0})).size() == 1);
  table.feed(ChildExited{Table::X0, 1, ""});
  CHECK(all_of<Spawn>(table.feed(MemoryReleased{Table::X0, 1})).empty());
  table.feed(ChildExited{Table::X1, 1, ""});
  CHECK(all_of<Spawn>(table.feed(MemoryReleased{Table::X1, 1})).at(0).instance == Table::Y);
}

TEST_CASE("an unload is done when the last instance has gone", "[planner][instances]") {
  Table table;
  table.both_ready();
  CHECK(all_of<Stop>(table.feed(UnloadAsked{5, Table::X0})).size() == 2);
  CHECK(all_of<Done>(table.feed(ChildExited{Table::X0, 1, ""})).empty());
  CHECK(all_of<Done>(table.feed(ChildExited{Table::X1, 1, ""})).at(0).ticket == 5);
}

TEST_CASE("an instance that fails goes alone, and comes back", "[planner][instances]") {
  Table table;
  table.both_ready();
  const auto effects = table.feed(FoundFailing{Table::X1, 1, "status 500"});
  REQUIRE(all_of<CloseGate>(effects).size() == 1);
  CHECK(all_of<Stop>(table.feed(InFlight{Table::X1, 1, 0})).at(0).instance == Table::X1);
  table.feed(ChildExited{Table::X1, 1, ""});
  table.pass(seconds(60));
  CHECK(all_of<Spawn>(table.feed(MemoryReleased{Table::X1, 1})).size() == 1);
  CHECK(table.planner().state(Table::X0) == State::Ready);
}

TEST_CASE("the limit holds while another instance is down", "[planner][instances]") {
  Table table;
  table.feed(RequestArrived{1, Table::X0});
  table.feed(ProbePassed{Table::X0, 1});
  table.feed(ChildExited{Table::X1, 1, "no memory"});
  table.feed(MemoryReleased{Table::X1, 1});
  table.use(1, 0);
  const auto refused = all_of<Refuse>(table.feed(RequestArrived{2, Table::X0}));
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].reason == Refusal::AtConcurrencyLimit);
}

/// Two models of two instances each, and one of one, with room for `most`; all may be together.
class Room {
 public:
  explicit Room(std::size_t most, bool comes_back = false)
      : planner_(limited_policy(group_policy({{false, false, false}}, {0, 0, 0, 0, 0}), most)) {
    InstanceSpec spec;
    spec.comes_back = comes_back;
    spec.ttl = std::chrono::seconds(60);
    for (const char* name : {"x", "y"}) {
      spec.name = name;
      const Instance first = planner_.add_instance(spec);
      planner_.add_instance(spec, first);
    }
    spec.name = "z";
    spec.comes_back = false;
    planner_.add_instance(spec);
  }

  template <typename What>
  std::vector<Effect> feed(What what) {
    return planner_.handle({now, std::move(what), uses});
  }

  Time now{seconds(1000)};
  std::vector<Use> uses = std::vector<Use>(5);

  static constexpr Instance Z = 4;

 private:
  Planner planner_;
};

TEST_CASE("what comes back by itself comes whole or not at all", "[planner][instances]") {
  Room room(3, true);
  const auto effects = room.feed(TimePassed{});
  REQUIRE(all_of<Spawn>(effects).size() == 2);
  CHECK(all_of<Spawn>(effects)[0].instance == 0);
  CHECK(all_of<Spawn>(effects)[1].instance == 1);
  room.feed(ProbePassed{0, 1});
  CHECK(all_of<Spawn>(room.feed(ProbePassed{1, 1})).empty());  // one of y would fit
}

TEST_CASE("an instance that only follows lets a busy model be", "[planner][instances]") {
  Room room(2);
  room.feed(RequestArrived{1, Room::Z});
  room.feed(ProbePassed{Room::Z, 1});
  room.uses[Room::Z] = {1, room.now};
  CHECK(all_of<Spawn>(room.feed(RequestArrived{2, 0})).size() == 1);
  room.now += seconds(40);  // longer than max_wait, and it still loads
  CHECK(all_of<CloseGate>(room.feed(TimePassed{})).empty());
  room.feed(ProbePassed{0, 1});
  room.now += seconds(40);
  CHECK(all_of<CloseGate>(room.feed(TimePassed{})).empty());
}

TEST_CASE("no instance goes by its ttl while another of its model loads", "[planner][instances]") {
  Room room(5);
  room.feed(RequestArrived{1, 0});
  room.feed(ProbePassed{0, 1});
  room.now += seconds(100);
  CHECK(all_of<CloseGate>(room.feed(TimePassed{})).empty());
  room.feed(ProbePassed{1, 1});
  room.now += seconds(60);
  CHECK(all_of<CloseGate>(room.feed(TimePassed{})).size() == 2);
}

}  // namespace
}  // namespace llmsnap::schedule
