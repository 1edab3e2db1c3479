#include "route/selector.h"

#include <vector>

#include "catch.h"

namespace llmsnap {
namespace {

using State = TargetStatus::State;
using Targets = std::vector<TargetStatus>;
using Choice = std::optional<std::size_t>;
constexpr auto Pin = SelectorStrategy::Pin;
constexpr auto Warm = SelectorStrategy::Warm;
constexpr auto Spillover = SelectorStrategy::Spillover;

TargetStatus target(State state, std::size_t reservations = 0) {
  TargetStatus out;
  out.state = state;
  out.reservations = reservations;
  return out;
}

TargetStatus cooling(TargetStatus status) {
  status.cooling_down = true;
  return status;
}

Choice warm(const Targets& targets) {
  return choose_target(Warm, 1, targets, 0);
}

Choice spill(int spillover, const Targets& targets, std::size_t rotation = 0) {
  return choose_target(Spillover, spillover, targets, rotation);
}

/// Who would be asked, one after the other, if each refused.
std::vector<std::size_t> failover(SelectorStrategy strategy, Targets targets) {
  std::vector<std::size_t> order;
  while (const Choice next = choose_target(strategy, 1, targets, 0)) {
    order.push_back(*next);
    REQUIRE(order.size() <= targets.size());
    targets[*next].tried = true;
  }
  return order;
}

TEST_CASE("a pin is the first target, whatever its state", "[route][selector]") {
  const State state =
      GENERATE(State::Ready, State::Starting, State::Stopped, State::Stopping, State::Remote);
  CHECK(choose_target(Pin, 1, Targets{target(state, 9), target(State::Ready)}, 3) == Choice(0));
  CHECK(choose_target(Pin, 1, Targets{cooling(target(state)), target(State::Ready)}, 0) ==
        Choice(0));
}

TEST_CASE("warm takes what is ready, else what starts, else the first", "[route][selector]") {
  const TargetStatus ready = target(State::Ready);
  const TargetStatus starting = target(State::Starting);
  const TargetStatus stopped = target(State::Stopped);
  const TargetStatus stopping = target(State::Stopping);
  CHECK(warm({stopped, starting, ready, ready}) == Choice(2));
  CHECK(warm({ready, ready}) == Choice(0));
  CHECK(warm({stopped, stopping, starting, starting}) == Choice(2));
  CHECK(warm({stopped, stopping}) == Choice(0));
  CHECK(warm({stopping, stopped}) == Choice(0));
}

TEST_CASE("spillover opens a further target when all that run have enough", "[route][selector]") {
  Targets targets(3, target(State::Stopped));
  std::vector<std::size_t> sequence;
  for (std::size_t request = 0; request < 5; ++request) {
    const Choice chosen = spill(2, targets, request);
    REQUIRE(chosen);
    sequence.push_back(*chosen);
    targets[*chosen].state = State::Ready;
    ++targets[*chosen].reservations;
  }
  CHECK(sequence == std::vector<std::size_t>{0, 0, 1, 1, 2});
}

TEST_CASE("a target whose requests have ended is used again before another is opened",
          "[route][selector]") {
  CHECK(spill(1, {target(State::Ready, 0), target(State::Stopped)}) == Choice(0));
  CHECK(spill(1, {target(State::Ready, 1), target(State::Stopped)}) == Choice(1));
  CHECK(spill(1, {target(State::Ready, 1), target(State::Starting, 1), target(State::Stopped)}) ==
        Choice(2));
}

TEST_CASE("spillover takes turns among those with the least work", "[route][selector]") {
  const Targets targets{target(State::Ready, 1), target(State::Ready, 2),
                        target(State::Starting, 1), target(State::Stopped)};
  CHECK(spill(2, targets, 0) == Choice(0));
  CHECK(spill(2, targets, 1) == Choice(2));
  CHECK(spill(2, targets, 2) == Choice(0));
}

TEST_CASE("with nothing left to open, the one with the least work gets more", "[route][selector]") {
  CHECK(spill(1, {target(State::Ready, 3), target(State::Ready, 2), target(State::Stopping)}) ==
        Choice(1));
  CHECK(spill(1, {target(State::Ready, 2), target(State::Ready, 2)}, 1) == Choice(1));
}

TEST_CASE("a target that was asked for counts as one that runs", "[route][selector]") {
  CHECK(spill(2, {target(State::Stopped), target(State::Stopped, 1)}) == Choice(1));
}

TEST_CASE("a peer's model runs for spillover while it has requests", "[route][selector]") {
  CHECK(spill(2, {target(State::Remote), target(State::Remote, 1)}) == Choice(1));
  CHECK(spill(1, {target(State::Ready, 1), target(State::Remote)}) == Choice(1));
  CHECK(spill(1, {target(State::Remote), target(State::Ready)}) == Choice(1));
  CHECK(spill(1, {target(State::Remote), target(State::Stopped)}) == Choice(0));
}

TEST_CASE("spillover leaves out what stops, and finds nothing if all do", "[route][selector]") {
  CHECK(spill(1, {target(State::Stopping), target(State::Stopped)}) == Choice(1));
  CHECK(spill(1, {target(State::Stopping, 1), target(State::Ready, 5)}) == Choice(1));
  CHECK_FALSE(spill(1, {target(State::Stopping), target(State::Stopping, 2)}));
  CHECK_FALSE(spill(1, {}));
}

TEST_CASE("a target that failed lately is taken only where no other can be", "[route][selector]") {
  CHECK(warm({cooling(target(State::Ready)), target(State::Stopped)}) == Choice(1));
  CHECK(warm({cooling(target(State::Stopped)), cooling(target(State::Ready))}) == Choice(1));
  CHECK(spill(1, {cooling(target(State::Stopped)), target(State::Ready, 7)}) == Choice(1));
  CHECK(spill(1, {cooling(target(State::Stopped)), target(State::Stopping)}) == Choice(0));
  CHECK(spill(1, {cooling(target(State::Ready, 1)), cooling(target(State::Stopped))}) == Choice(1));
}

TEST_CASE("failover asks no target twice for one request", "[route][selector]") {
  const Targets targets{target(State::Stopped), cooling(target(State::Ready)),
                        target(State::Starting), target(State::Ready, 1)};
  CHECK(failover(Pin, targets) == std::vector<std::size_t>{0});
  CHECK(failover(Warm, targets) == std::vector<std::size_t>{3, 2, 0, 1});
  CHECK(failover(Spillover, targets) == std::vector<std::size_t>{2, 0, 3, 1});
  CHECK(failover(Spillover, Targets(2, target(State::Stopping))).empty());
}

}  // namespace
}  // namespace llmsnap
