#include "process/gate.h"

#include <atomic>
#include <thread>
#include <vector>

#include "catch.h"

namespace llmsnap::process {
namespace {

using Entry = Gate::Entry;

TEST_CASE("a gate is closed until its life has begun and it was opened", "[gate]") {
  Gate gate(2);
  CHECK(gate.try_enter().entry == Entry::Closed);
  gate.begin(1, 5800);
  CHECK(gate.try_enter().entry == Entry::Closed);
  gate.open(1);
  const Gate::Admission admission = gate.try_enter();
  CHECK(admission.entry == Entry::Entered);
  CHECK(admission.incarnation == 1);
  CHECK(admission.port == 5800);
}

TEST_CASE("a look at a gate counts nobody in, and is not bound by its limit", "[gate]") {
  Gate gate(1);
  CHECK(gate.look().entry == Entry::Closed);
  gate.begin(1, 5800);
  gate.open(1);
  gate.try_enter();
  const Gate::Admission seen = gate.look();
  CHECK(seen.entry == Entry::Entered);
  CHECK(seen.incarnation == 1);
  CHECK(seen.port == 5800);
  CHECK(gate.close(1) == 1);
  CHECK(gate.look().entry == Entry::Closed);
}

TEST_CASE("a new limit of a gate holds for who comes from then on", "[gate]") {
  Gate gate(1);
  gate.begin(1, 5800);
  gate.open(1);
  CHECK(gate.try_enter().entry == Entry::Entered);
  CHECK(gate.try_enter().entry == Entry::Full);
  gate.change_limit(2);
  CHECK(gate.try_enter().entry == Entry::Entered);
  gate.change_limit(1);
  gate.leave(1);
  CHECK(gate.try_enter().entry == Entry::Full);
}

TEST_CASE("a gate lets in as many as its limit says, and one more when one has left", "[gate]") {
  Gate gate(2);
  gate.begin(1, 0);
  gate.open(1);
  CHECK(gate.try_enter().entry == Entry::Entered);
  CHECK(gate.try_enter().entry == Entry::Entered);
  CHECK(gate.try_enter().entry == Entry::Full);
  CHECK_FALSE(gate.leave(1));
  CHECK(gate.try_enter().entry == Entry::Entered);
}

TEST_CASE("closing tells how many are inside, and each that leaves then is news", "[gate]") {
  Gate gate(10);
  gate.begin(1, 0);
  gate.open(1);
  gate.try_enter();
  gate.try_enter();
  CHECK(gate.close(1) == 2);
  CHECK(gate.try_enter().entry == Entry::Closed);
  CHECK(gate.leave(1));
  CHECK(gate.inside(1) == 1U);
  CHECK(gate.leave(1));
  CHECK(gate.inside(1) == 0U);
}

TEST_CASE("a watched gate tells once when it becomes empty", "[gate]") {
  Gate gate(10);
  gate.begin(1, 0);
  gate.open(1);
  gate.try_enter();
  gate.try_enter();
  CHECK(gate.watch(1) == 2);
  CHECK_FALSE(gate.leave(1));
  CHECK(gate.leave(1));
  gate.try_enter();
  CHECK_FALSE(gate.leave(1));
}

TEST_CASE("what entered an earlier life is not counted in the next one", "[gate]") {
  Gate gate(10);
  gate.begin(1, 0);
  gate.open(1);
  gate.try_enter();
  gate.begin(2, 0);
  gate.open(2);
  gate.try_enter();
  CHECK_FALSE(gate.leave(1));
  CHECK(gate.inside(2) == 1U);
  CHECK_FALSE(gate.inside(1));
  CHECK(gate.close(1) == 0);
  CHECK(gate.is_open());
}

TEST_CASE("a granted request is counted in at a closed gate", "[gate]") {
  Gate gate(1);
  gate.begin(7, 1234);
  const Gate::Admission granted = gate.enter_granted(7);
  CHECK(granted.entry == Entry::Entered);
  CHECK(granted.port == 1234);
  CHECK(gate.inside(7) == 1U);
  CHECK(gate.enter_granted(6).entry == Entry::Closed);
}

/// What stops in one thread must never be entered in another: the life that a request entered is
/// not over while the request is inside.
TEST_CASE("a life that was closed and found empty is never entered again", "[gate]") {
  constexpr std::uint32_t Lives = 2000;
  Gate gate(100);
  std::atomic<std::uint32_t> stopped{0};  // all lives up to this one
  std::atomic<bool> done{false};
  std::atomic<int> served_by_the_dead{0};
  const auto client = [&gate, &stopped, &done, &served_by_the_dead] {
    while (!done.load()) {
      const Gate::Admission admission = gate.try_enter();
      if (admission.entry != Entry::Entered) {
        std::this_thread::yield();
        continue;
      }
      if (admission.incarnation <= stopped.load()) {
        ++served_by_the_dead;
      }
      gate.leave(admission.incarnation);
    }
  };
  std::vector<std::thread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(client);
  }
  for (std::uint32_t life = 1; life <= Lives; ++life) {
    gate.begin(life, 0);
    gate.open(life);
    std::this_thread::yield();
    gate.close(life);
    while (gate.inside(life) != 0U) {
      std::this_thread::yield();
    }
    stopped.store(life);
  }
  done.store(true);
  for (std::thread& thread : clients) {
    thread.join();
  }
  CHECK(served_by_the_dead == 0);
}

}  // namespace
}  // namespace llmsnap::process
