#include "io/timers.h"

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

TEST_CASE("timers keep their order under random arming and disarming", "[io]") {
  Timers timers;
  std::vector<int> fired;
  std::mt19937 random(7);
  std::vector<std::unique_ptr<Recorder>> all;
  for (int i = 0; i < 300; ++i) {
    all.push_back(std::make_unique<Recorder>(timers, fired, i));
  }
  std::vector<int> due(all.size(), -1);
  for (int step = 0; step < 5000; ++step) {
    const std::size_t which = random() % all.size();
    if (random() % 4 == 0) {
      all[which]->disarm();
      due[which] = -1;
    } else {
      due[which] = static_cast<int>(random() % 1000);
      all[which]->arm(at(due[which]));
    }
  }
  timers.fire(at(1000));
  std::size_t expected = 0;
  for (int when : due) {
    expected += when >= 0 ? 1U : 0U;
  }
  REQUIRE(fired.size() == expected);
  for (std::size_t i = 1; i < fired.size(); ++i) {
    CHECK(due[static_cast<std::size_t>(fired[i - 1])] <= due[static_cast<std::size_t>(fired[i])]);
  }
}
