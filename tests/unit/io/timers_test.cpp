#include "io/timers.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "catch.h"

using namespace llmsnap;
using namespace llmsnap::io;

namespace {

class Recorder final : public Timer {
 public:
  Recorder(Timers& timers, std::vector<int>& fired, int id)
      : Timer(timers), fired_(fired), id_(id) {}

 private:
  void expired() override { fired_.push_back(id_); }
  std::vector<int>& fired_;
  int id_;
};

Deadline at(int second) {
  return Deadline(std::chrono::seconds(second));
}

}  // namespace

TEST_CASE("timers fire in the order of their deadlines, not of their arming", "[io]") {
  Timers timers;
  std::vector<int> fired;
  Recorder c(timers, fired, 3), a(timers, fired, 1), b(timers, fired, 2);
  c.arm(at(30));
  a.arm(at(10));
  b.arm(at(20));
  CHECK(timers.next() == at(10));
  timers.fire(at(25));
  CHECK(fired == std::vector<int>{1, 2});
  CHECK(timers.next() == at(30));
}

TEST_CASE("a disarmed, destroyed or rearmed timer does not fire at its old time", "[io]") {
  Timers timers;
  std::vector<int> fired;
  Recorder kept(timers, fired, 1), disarmed(timers, fired, 2);
  auto destroyed = std::make_unique<Recorder>(timers, fired, 3);
  kept.arm(at(1));
  disarmed.arm(at(2));
  destroyed->arm(at(3));
  kept.arm(at(9));
  disarmed.disarm();
  destroyed.reset();
  timers.fire(at(5));
  CHECK(fired.empty());
  timers.fire(at(9));
  CHECK(fired == std::vector<int>{1});
  CHECK(timers.next() == NoDeadline);
}

TEST_CASE("a timer that is put off again and again fires once, at its last deadline", "[io]") {
  Timers timers;
  std::vector<int> fired;
  Recorder other(timers, fired, 1), put_off(timers, fired, 2);
  other.arm(at(50));
  for (int second = 1; second <= 100; ++second) {
    put_off.arm(at(second));
    CHECK(timers.next() <= at(second));
  }
  for (int second = 1; second < 100; ++second) {
    timers.fire(at(second));
    CHECK(put_off.armed());
  }
  CHECK(fired == std::vector<int>{1});
  timers.fire(at(100));
  timers.fire(at(200));
  CHECK(fired == std::vector<int>{1, 2});
  CHECK_FALSE(put_off.armed());
  CHECK(timers.next() == NoDeadline);
}

TEST_CASE("next may be early; to fire then does nothing, and next is right afterwards", "[io]") {
  Timers timers;
  std::vector<int> fired;
  Recorder put_off(timers, fired, 1), disarmed(timers, fired, 2);
  put_off.arm(at(10));
  put_off.arm(at(30));
  disarmed.arm(at(20));
  disarmed.disarm();
  CHECK(timers.next() == at(10));
  timers.fire(timers.next());
  CHECK(timers.next() == at(20));
  timers.fire(timers.next());
  CHECK(fired.empty());
  CHECK(timers.next() == at(30));
  put_off.arm(at(25));
  CHECK(timers.next() == at(25));
  timers.fire(at(25));
  CHECK(fired == std::vector<int>{1});
}

TEST_CASE("a disarmed timer that is armed again fires at its new time, earlier or later", "[io]") {
  const int again = GENERATE(5, 10, 15);
  Timers timers;
  std::vector<int> fired;
  Recorder timer(timers, fired, 1);
  timer.arm(at(10));
  timer.disarm();
  timer.arm(at(again));
  timers.fire(at(again - 1));
  CHECK(fired.empty());
  timers.fire(at(again));
  CHECK(fired == std::vector<int>{1});
}

TEST_CASE("a timer armed again when it expires fires in the same round only if it is due", "[io]") {
  class Ticker final : public Timer {
   public:
    using Timer::Timer;
    int ticks = 0;

   private:
    void expired() override {
      ++ticks;
      arm(at(10 * (ticks + 1)));
    }
  };
  Timers timers;
  Ticker ticker(timers);
  ticker.arm(at(10));
  timers.fire(at(10));
  CHECK(ticker.ticks == 1);
  CHECK(timers.next() == at(20));
  timers.fire(at(45));
  CHECK(ticker.ticks == 4);
  CHECK(timers.next() == at(50));
}

TEST_CASE("timers may be destroyed while their old places still stand in the heap", "[io]") {
  const bool disarm_first = GENERATE(false, true);
  Timers timers;
  std::vector<int> fired;
  Recorder kept(timers, fired, 1);
  std::vector<std::unique_ptr<Recorder>> gone;
  for (int second : {3, 1, 2, 9}) {
    gone.push_back(std::make_unique<Recorder>(timers, fired, 2));
    gone.back()->arm(at(second));
    gone.back()->arm(at(second + 5));
  }
  kept.arm(at(4));
  for (auto& timer : gone) {
    if (disarm_first) {
      timer->disarm();
    }
    timer.reset();
  }
  CHECK(timers.next() == at(4));
  timers.fire(at(20));
  CHECK(fired == std::vector<int>{1});
  CHECK(timers.next() == NoDeadline);
}

namespace {

/// Timers beside a plain map that says when each of them is to fire. Each does something random
/// when it expires: nothing, arm itself or another again, destroy itself or another.
class Comparison {
 public:
  Comparison() {
    for (std::size_t i = 0; i < Count; ++i) {
      make(i);
    }
  }

  void step() {
    const std::size_t which = below(Count);
    switch (below(8)) {
      case 0:
        fire(below(20));
        break;
      case 1:
        destroy(which);
        make(which);
        break;
      case 2:
      case 3:
        disarm(which);
        break;
      default:
        arm(which);  // earlier or later than before, now and then in the past
    }
    compare();
  }

  void fire(std::size_t seconds) {
    now_ += std::chrono::seconds(seconds);
    timers_.fire(now_);
    CHECK((due_.empty() || earliest() > now_));
    for (std::size_t i = 0; i < Count; ++i) {
      if (!all_[i]) {
        make(i);
      }
    }
  }

  std::size_t fired() const { return fired_; }

 private:
  static constexpr std::size_t Count = 40;

  class Member final : public Timer {
   public:
    Member(Timers& timers, Comparison& comparison, std::size_t id)
        : Timer(timers), comparison_(comparison), id_(id) {}

   private:
    void expired() override { comparison_.on_expired(id_); }  // may have destroyed this
    Comparison& comparison_;
    std::size_t id_;
  };

  void on_expired(std::size_t id) {
    ++fired_;
    const auto due = due_.find(id);
    REQUIRE(due != due_.end());
    CHECK(due->second <= now_);
    CHECK(due->second == earliest());
    CHECK_FALSE(all_[id]->armed());
    due_.erase(due);
    const std::size_t other = below(Count);
    switch (below(6)) {
      case 0:
        arm(id);
        break;
      case 1:
        arm(other);
        break;
      case 2:
        destroy(other);
        break;
      case 3:
        destroy(id);
        break;
      default:
        break;
    }
  }

  void make(std::size_t id) { all_[id] = std::make_unique<Member>(timers_, *this, id); }
  void destroy(std::size_t id) {
    all_[id].reset();
    due_.erase(id);
  }
  void disarm(std::size_t id) {
    all_[id]->disarm();
    due_.erase(id);
  }
  void arm(std::size_t id) {
    if (all_[id]) {
      due_[id] = now_ + std::chrono::seconds(below(100)) - std::chrono::seconds(3);
      all_[id]->arm(due_[id]);
    }
  }
  void compare() const {
    CHECK((due_.empty() || timers_.next() <= earliest()));
    for (std::size_t i = 0; i < Count; ++i) {
      CHECK(all_[i]->armed() == (due_.count(i) != 0));
    }
  }
  Deadline earliest() const {
    return std::min_element(due_.begin(), due_.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->second;
  }
  std::size_t below(std::size_t end) { return random_() % end; }

  std::mt19937 random_{7};
  Timers timers_;
  Deadline now_ = at(1000);
  std::array<std::unique_ptr<Member>, Count> all_;
  std::map<std::size_t, Deadline> due_;
  std::size_t fired_ = 0;
};

}  // namespace

TEST_CASE("timers do what a plain map of deadlines says, through 20,000 random steps", "[io]") {
  Comparison comparison;
  for (int step = 0; step < 20000; ++step) {
    comparison.step();
  }
  for (int round = 0; round < 20; ++round) {
    comparison.fire(20);
  }
  CHECK(comparison.fired() > 2000);
}
