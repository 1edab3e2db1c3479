// What the simulator cannot say in sentences; it checks the rules themselves, in any order of
// events.
#include "schedule/planner.h"

#include <string>

#include "catch.h"
#include "effects.h"

namespace llmsnap::schedule {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Two models, `a` and `b`, of one swap group, and a clock.
class Table {
 public:
  Table() : planner_(group_policy({Group()}, {0, 0})) {
    for (const char* name : {"a", "b"}) {
      InstanceSpec spec;
      spec.name = name;
      spec.concurrency_limit = 2;
      spec.queue_limit = 3;
      planner_.add_instance(spec);
    }
  }

  Planner& planner() { return planner_; }
  void pass(Time::duration time) { now_ += time; }
  Time now() const { return now_; }

  template <typename What>
  std::vector<Effect> feed(What what) {
    return planner_.handle({now_, std::move(what)});
  }

  /// `a` is ready, with the requests 1 to `requests` in flight.
  void serve_a(Ticket requests) {
    for (Ticket ticket = 1; ticket <= requests; ++ticket) {
      feed(RequestArrived{ticket, A});
    }
    feed(ProbePassed{A, 1});
  }

  static constexpr Instance A = 0;
  static constexpr Instance B = 1;

 private:
  Planner planner_;
  Time now_{seconds(1000)};
};

TEST_CASE("a stopped model is started by the first request, and the next one waits with it",
          "[planner]") {
  Table table;
  CHECK(all_of<Spawn>(table.feed(RequestArrived{1, Table::A})).size() == 1);
  CHECK(all_of<Spawn>(table.feed(RequestArrived{2, Table::A})).empty());
  const auto effects = table.feed(ProbePassed{Table::A, 1});
  CHECK(all_of<Grant>(effects).size() == 2);
  CHECK(all_of<OpenGate>(effects).size() == 1);
}

TEST_CASE("beyond the limit the queue stays at a closed gate, and goes in as others leave",
          "[planner]") {
  Table table;
  table.serve_a(3);
  CHECK(all_of<Refuse>(table.feed(RequestArrived{4, Table::A})).at(0).reason ==
        Refusal::AtConcurrencyLimit);
  const auto effects = table.feed(InFlight{Table::A, 1, 1});
  CHECK(all_of<Grant>(effects).at(0).ticket == 3);
  CHECK(all_of<OpenGate>(effects).size() == 1);
}

TEST_CASE("a full queue refuses", "[planner]") {
  Table table;
  for (Ticket ticket = 1; ticket <= 3; ++ticket) {
    CHECK(all_of<Refuse>(table.feed(RequestArrived{ticket, Table::A})).empty());
  }
  const auto refused = all_of<Refuse>(table.feed(RequestArrived{4, Table::A}));
  CHECK(refused.at(0).reason == Refusal::QueueFull);
  CHECK(refused.at(0).retry_after > seconds(0));
}

TEST_CASE("who leaves while a model loads takes nobody along and leaves his place", "[planner]") {
  Table table;
  for (Ticket ticket = 1; ticket <= 3; ++ticket) {
    table.feed(RequestArrived{ticket, Table::A});
  }
  CHECK(all_of<Refuse>(table.feed(RequestArrived{4, Table::A})).size() == 1);
  CHECK(all_of<Stop>(table.feed(TicketCancelled{1})).empty());
  CHECK(all_of<Refuse>(table.feed(RequestArrived{5, Table::A})).empty());
  const auto granted = all_of<Grant>(table.feed(ProbePassed{Table::A, 1}));
  REQUIRE(granted.size() == 2);
  CHECK(granted[0].ticket == 2);
  CHECK(granted[1].ticket == 3);
  CHECK(table.feed(TicketCancelled{2}).empty());  // the gate knows when it ends
}

TEST_CASE("requests within its ttl keep a model, and one without a ttl stays", "[planner]") {
  const bool has_ttl = GENERATE(true, false);
  Planner planner(group_policy({Group()}, {0}));
  InstanceSpec spec;
  spec.ttl = has_ttl ? seconds(3) : seconds(0);
  const Instance a = planner.add_instance(spec);
  const auto time_passes = [&planner](seconds now, seconds last_use) {
    return planner.handle({Time(now), TimePassed{}, {{0, Time(last_use)}}});
  };
  planner.handle({Time(seconds(1)), RequestArrived{1, a}});
  planner.handle({Time(seconds(2)), ProbePassed{a, 1}, {{0, Time(seconds(2))}}});
  for (const seconds now : {seconds(5), seconds(8), seconds(11)}) {
    CHECK(time_passes(now, now - seconds(2)).empty());
    CHECK((planner.next_deadline() == Time(now + seconds(1))) == has_ttl);
  }
  CHECK(time_passes(seconds(3600), seconds(9)).empty() == !has_ttl);
}

TEST_CASE("a queue.timeout counts from the beginning of the wait, also of who waited elsewhere",
          "[planner]") {
  Table table;
  const InstanceSpec spec;
  table.feed(RequestArrived{1, Table::A});
  table.feed(RequestArrived{2, Table::A, table.now() - spec.queue_timeout + seconds(5)});
  CHECK(table.planner().next_deadline() == table.now() + seconds(5));
  table.pass(seconds(5));
  const auto refused = all_of<Refuse>(table.feed(TimePassed{}));
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].ticket == 2);
  CHECK(refused[0].reason == Refusal::WaitedTooLong);
  const Time too_long_ago = table.now() - spec.queue_timeout;
  const auto late = table.feed(RequestArrived{3, Table::B, too_long_ago});
  CHECK(all_of<Refuse>(late).at(0).ticket == 3);
  CHECK(all_of<Spawn>(late).empty());
  table.pass(spec.queue_timeout - seconds(5));
  CHECK(all_of<Refuse>(table.feed(TimePassed{})).at(0).ticket == 1);
}

TEST_CASE("an idle model makes room at once: closed, stopped, gone, then the other starts",
          "[planner]") {
  Table table;
  table.serve_a(1);
  table.feed(InFlight{Table::A, 1, 0});
  CHECK(all_of<WatchIdle>(table.feed(RequestArrived{9, Table::B})).size() == 1);
  CHECK(all_of<CloseGate>(table.feed(InFlight{Table::A, 1, 0})).size() == 1);
  CHECK(all_of<Stop>(table.feed(InFlight{Table::A, 1, 0})).size() == 1);
  CHECK(all_of<Spawn>(table.feed(ChildExited{Table::A, 1, "exited"})).empty());
  CHECK(all_of<Spawn>(table.feed(MemoryReleased{Table::A, 1})).at(0).instance == Table::B);
}

TEST_CASE("a busy model serves newcomers until who waits behind it has waited long enough",
          "[planner]") {
  Table table;
  table.serve_a(1);
  CHECK(all_of<CloseGate>(table.feed(RequestArrived{9, Table::B})).empty());
  table.pass(seconds(29));
  CHECK(all_of<CloseGate>(table.feed(TimePassed{})).empty());
  table.pass(seconds(1));
  CHECK(all_of<CloseGate>(table.feed(TimePassed{})).size() == 1);
  CHECK(all_of<Stop>(table.feed(InFlight{Table::A, 1, 1})).empty());
  CHECK(all_of<Stop>(table.feed(InFlight{Table::A, 1, 0})).size() == 1);
}

TEST_CASE("when who waited has left, the gate that was closed for him opens again", "[planner]") {
  Table table;
  table.serve_a(1);
  table.feed(RequestArrived{9, Table::B});
  table.pass(seconds(30));
  table.feed(TimePassed{});
  table.feed(InFlight{Table::A, 1, 1});
  CHECK(all_of<OpenGate>(table.feed(TicketCancelled{9})).size() == 1);
  CHECK(table.planner().state(Table::A) == State::Ready);
}

TEST_CASE("a start that fails is answered with its reason, and then backed off from", "[planner]") {
  Table table;
  table.feed(RequestArrived{1, Table::A});
  const auto refused = all_of<Refuse>(table.feed(ChildExited{Table::A, 1, "exited with code 1"}));
  CHECK(refused.at(0).reason == Refusal::StartFailed);
  CHECK(refused.at(0).why.find("exited with code 1") != std::string::npos);
  table.feed(MemoryReleased{Table::A, 1});
  const auto again = all_of<Refuse>(table.feed(RequestArrived{2, Table::A}));
  CHECK(again.at(0).reason == Refusal::BackingOff);
  CHECK(again.at(0).retry_after == seconds(1));
  table.pass(seconds(1));
  CHECK(all_of<Spawn>(table.feed(RequestArrived{3, Table::A})).size() == 1);
}

/// Five starts of `a`, one as soon as it may follow the other.
void fail_five_times(Table& table) {
  for (Ticket failure = 1; failure <= 5; ++failure) {
    REQUIRE(all_of<Spawn>(table.feed(RequestArrived{failure, Table::A})).size() == 1);
    const auto life = static_cast<Incarnation>(failure);
    table.feed(ChildExited{Table::A, life, "exited"});
    table.feed(MemoryReleased{Table::A, life});
    if (failure < 5) {
      table.pass(seconds(1 << (failure - 1)));
    }
  }
}

TEST_CASE("after a sleep that failed swaps stop the model for a while, and an operator may try",
          "[planner]") {
  Table table;
  InstanceSpec spec;
  spec.name = "a";
  spec.can_sleep = true;
  table.planner().change_spec(Table::A, spec);
  Ticket ticket = 0;
  Incarnation life = 0;
  /// `a` serves, and makes room for `b`, or does what is asked.
  const auto drained = [&](bool is_asked) {
    table.feed(RequestArrived{++ticket, Table::A});
    table.feed(ProbePassed{Table::A, ++life});
    if (is_asked) {
      table.feed(SleepAsked{++ticket, Table::A});
    } else {
      table.feed(RequestArrived{++ticket, Table::B});
      table.feed(InFlight{Table::A, life, 0});
    }
    return table.feed(InFlight{Table::A, life, 0});
  };
  const auto end = [&] {
    table.feed(UnloadAsked{++ticket, Table::B});
    table.feed(ChildExited{Table::A, life, "exited"});
    table.feed(MemoryReleased{Table::A, life});
  };
  CHECK(all_of<Sleep>(drained(false)).size() == 1);
  CHECK(all_of<Stop>(table.feed(SleepFailed{Table::A, life, "status 500"})).size() == 1);
  end();
  CHECK(all_of<Sleep>(drained(false)).empty());
  end();
  CHECK(all_of<Sleep>(drained(true)).size() == 1);
  table.feed(SleepFailed{Table::A, life, "status 500"});
  end();
  table.pass(std::chrono::minutes(11));
  CHECK(all_of<Sleep>(drained(false)).size() == 1);
}

TEST_CASE("a new config forgives the failures of a model that it keeps", "[planner]") {
  Table table;
  fail_five_times(table);
  CHECK(all_of<Refuse>(table.feed(RequestArrived{6, Table::A})).size() == 1);
  table.planner().change_spec(Table::A, InstanceSpec());
  CHECK(all_of<Spawn>(table.feed(RequestArrived{7, Table::A})).size() == 1);
}

TEST_CASE("after five failures in a row there is one try a minute", "[planner]") {
  Table table;
  fail_five_times(table);
  CHECK(all_of<Refuse>(table.feed(RequestArrived{6, Table::A})).at(0).retry_after == seconds(60));
  CHECK(all_of<Spawn>(table.feed(LoadAsked{7, Table::A})).size() == 1);  // forgiven
}

TEST_CASE("a model that was found failing ends its requests, stops and starts anew", "[planner]") {
  Table table;
  table.serve_a(1);
  CHECK(all_of<CloseGate>(table.feed(FoundFailing{Table::A, 1, "status 500"})).size() == 1);
  table.feed(InFlight{Table::A, 1, 1});
  CHECK(all_of<Grant>(table.feed(RequestArrived{2, Table::A})).empty());
  const auto effects = table.feed(InFlight{Table::A, 1, 0});
  CHECK(all_of<Stop>(effects).size() == 1);
  CHECK(all_of<Publish>(effects).at(0).why == "status 500");
  CHECK(all_of<Publish>(table.feed(ChildExited{Table::A, 1, "exited"})).at(0).to == State::Failed);
  CHECK(all_of<Spawn>(table.feed(MemoryReleased{Table::A, 1})).size() == 1);
}

TEST_CASE("a model that is found failing again and again is backed off from", "[planner]") {
  Table table;
  for (Incarnation life = 1; life <= 2; ++life) {
    REQUIRE(all_of<Spawn>(table.feed(RequestArrived{life, Table::A})).size() == 1);
    table.feed(ProbePassed{Table::A, life});
    table.feed(FoundFailing{Table::A, life, "status 500"});
    table.feed(InFlight{Table::A, life, 0});
    table.feed(ChildExited{Table::A, life, "exited"});
    table.feed(MemoryReleased{Table::A, life});
  }
  const auto refused = all_of<Refuse>(table.feed(RequestArrived{9, Table::A}));
  CHECK(refused.at(0).reason == Refusal::BackingOff);
  CHECK(refused.at(0).why.find("status 500") != std::string::npos);
}

TEST_CASE("an unload refuses what waits, and is done when the process is gone", "[planner]") {
  Table table;
  table.feed(RequestArrived{1, Table::A});
  const auto effects = table.feed(UnloadAsked{2, Table::A});
  CHECK(all_of<Refuse>(effects).at(0).reason == Refusal::Unloaded);
  CHECK(all_of<Stop>(effects).size() == 1);
  CHECK(all_of<Done>(effects).empty());
  CHECK(all_of<Done>(table.feed(ChildExited{Table::A, 1, "exited"})).at(0).ticket == 2);
  CHECK(all_of<Spawn>(table.feed(MemoryReleased{Table::A, 1})).empty());
}

TEST_CASE("who waits longer than the queue's time is refused when that time has come",
          "[planner]") {
  Table table;
  table.serve_a(1);
  table.feed(RequestArrived{9, Table::B});
  table.pass(seconds(600));
  CHECK(all_of<Refuse>(table.feed(TimePassed{})).at(0).reason == Refusal::WaitedTooLong);
}

TEST_CASE("who finds the queue full is told when the load will be over, as far as it is known",
          "[planner]") {
  Table table;
  const auto fill_and_ask = [&table](Ticket first) {
    for (Ticket ticket = first; ticket < first + 3; ++ticket) {
      table.feed(RequestArrived{ticket, Table::A});
    }
    table.pass(seconds(4));
    return all_of<Refuse>(table.feed(RequestArrived{first + 3, Table::A})).at(0).retry_after;
  };
  CHECK(fill_and_ask(1) == seconds(1));  // a load takes 5 s as long as none was seen
  table.pass(seconds(36));
  table.feed(ProbePassed{Table::A, 1});
  table.feed(UnloadAsked{9, Table::A});
  table.feed(ChildExited{Table::A, 1, "exited"});
  table.feed(MemoryReleased{Table::A, 1});
  CHECK(fill_and_ask(11) == seconds(36));  // it took 40 s, of which 4 are over
}

/// Two models that share no group, of which one may be loaded.
class OneOfTwo {
 public:
  explicit OneOfTwo(seconds min_residency = seconds(0))
      : planner_(limited_policy(group_policy({{false, false, false}}, {0, 0}), 1)) {
    for (const char* name : {"a", "b"}) {
      InstanceSpec spec;
      spec.name = name;
      spec.max_wait = seconds(30);
      spec.min_residency = min_residency;
      planner_.add_instance(spec);
    }
  }

  template <typename What>
  std::vector<Effect> feed(seconds at, What what) {
    return planner_.handle({Time(at), std::move(what), {{0, Time(seconds(0))}, {0, Time()}}});
  }
  Time next_deadline() const { return planner_.next_deadline(); }

 private:
  Planner planner_;
};

TEST_CASE("a model that loads is not stopped for a limit, and goes once it is ready", "[planner]") {
  OneOfTwo table;
  table.feed(seconds(1), RequestArrived{1, 0});
  table.feed(seconds(2), TicketCancelled{1});
  CHECK(all_of<Stop>(table.feed(seconds(3), RequestArrived{2, 1})).empty());
  CHECK(all_of<Stop>(table.feed(seconds(40), TimePassed{})).empty());  // beyond maxWait
  const auto effects = table.feed(seconds(41), ProbePassed{0, 1});
  CHECK(all_of<CloseGate>(effects).size() == 1);
  const auto stopped = all_of<Stop>(table.feed(seconds(41), InFlight{0, 1, 0}));
  REQUIRE(stopped.size() == 1);
  CHECK(stopped[0].why == "it makes room for b: idle 0.0 s, least recently used of 1");
}

TEST_CASE("what has become ready lately makes room once its minResidency is over", "[planner]") {
  OneOfTwo table(seconds(10));
  table.feed(seconds(1), RequestArrived{1, 0});
  table.feed(seconds(2), TicketCancelled{1});
  table.feed(seconds(3), ProbePassed{0, 1});
  CHECK(all_of<CloseGate>(table.feed(seconds(4), RequestArrived{2, 1})).empty());
  CHECK(table.next_deadline() == Time(seconds(13)));
  CHECK(all_of<CloseGate>(table.feed(seconds(12), TimePassed{})).empty());
  CHECK(all_of<WatchIdle>(table.feed(seconds(13), TimePassed{})).size() == 1);
  CHECK(all_of<CloseGate>(table.feed(seconds(13), InFlight{0, 1, 0})).size() == 1);
}

TEST_CASE("what fits takes nobody's room, neither of who runs nor of who waits", "[planner]") {
  Planner planner(group_policy({Group(), {false, true, false}}, {0, 0, 1}));
  const Instance a = planner.add_instance({});
  const Instance b = planner.add_instance({});
  const Time now(seconds(1));
  CHECK(planner.fits(b));
  planner.handle({now, RequestArrived{1, a}});
  CHECK_FALSE(planner.fits(b));
  CHECK(planner.fits(a));
  planner.handle({now, Retired{a, "its config has changed"}});
  CHECK(planner.fits(b));  // who goes anyway
}

}  // namespace
}  // namespace llmsnap::schedule
