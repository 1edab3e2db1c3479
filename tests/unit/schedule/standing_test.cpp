#include "schedule/standing.h"

#include <string>

#include "catch.h"
#include "schedule/planner.h"

namespace llmsnap::schedule {
namespace {

using std::chrono::seconds;

/// Three models of one swap group; a is ready, with a request in flight, and the others are waited
/// for.
class Line {
 public:
  Line() : planner_(group_policy({Group()}, {0, 0, 0})) {
    for (const char* name : {"a", "b", "c"}) {
      InstanceSpec spec;
      spec.name = name;
      planner_.add_instance(spec);
    }
    feed(RequestArrived{1, 0});
    now += seconds(3);
    feed(ProbePassed{0, 1});
  }

  template <typename What>
  void feed(What what) {
    planner_.handle({now, std::move(what), {{1, now}, {0, now}, {0, now}}});
  }
  std::optional<Standing> standing(Ticket ticket) const {
    return planner_.standing(ticket, {{1, now}, {0, now}, {0, now}});
  }

  Time now{seconds(1000)};

 private:
  Planner planner_;
};

TEST_CASE("who waits for a start knows his place in the order of turns", "[planner][loading]") {
  Line line;
  line.feed(RequestArrived{2, 1});
  line.feed(RequestArrived{3, 2});
  line.feed(RequestArrived{4, 1});
  CHECK(line.standing(2)->place == 1);
  CHECK(line.standing(4)->place == 2);
  CHECK(line.standing(3)->place == 3);
  CHECK(line.standing(2)->in_the_way == "a");
  CHECK(line.standing(2)->in_flight == 1);
  line.feed(TicketCancelled{2});
  CHECK(!line.standing(2));
}

TEST_CASE("who waits for what is on its way knows how long it took the last time",
          "[planner][loading]") {
  Line line;
  CHECK(!line.standing(1));  // served
  line.feed(UnloadAsked{9, 0});
  line.feed(ChildExited{0, 1, "exited"});
  line.feed(MemoryReleased{0, 1});
  line.feed(RequestArrived{2, 0});
  line.now += seconds(1);
  const auto standing = line.standing(2);
  REQUIRE(standing);
  CHECK(standing->state == State::Starting);
  CHECK(standing->place == 0);
  CHECK(standing->expected == Time::duration(seconds(3)));
}

}  // namespace
}  // namespace llmsnap::schedule
