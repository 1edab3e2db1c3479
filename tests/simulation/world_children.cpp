// The children of the fake world: how they start, sleep, wake and end, well or not.
#include <algorithm>

#include "simulation/world.h"

namespace llmsnap::test {

using namespace schedule;
using std::chrono::milliseconds;

std::optional<Event> World::child_exited(const Pending& pending) {
  if (exited_[pending.instance] >= pending.incarnation) {
    return std::nullopt;  // it died in another way before
  }
  exited_[pending.instance] = pending.incarnation;
  later(dice_.span(0, 800), {{}, Kind::MemoryReleased, pending.instance, pending.incarnation});
  for (Pending& other : pending_) {
    if (other.kind == Kind::RequestEnds && other.instance == pending.instance &&
        other.incarnation == pending.incarnation) {
      other.due = std::min(other.due, now_ + dice_.span(0, 40));
    }
  }
  return event(ChildExited{pending.instance, pending.incarnation, "exit code 1"});
}

void World::start_child(Instance instance, Incarnation incarnation) {
  const milliseconds start = dice_.span(5, setup_.start);
  const auto at = [this, instance, incarnation](milliseconds delay, Kind kind) {
    later(delay, {{}, kind, instance, incarnation});
  };
  // In the end all is well, or what restarts by itself would do so for ever.
  if (settling_ || !dice_.chance(setup_.flaw[instance])) {
    at(start, Kind::ProbePassed);
    return;
  }
  switch (dice_.below(7)) {
    case 0:  // cannot be spawned
      at(milliseconds(0), Kind::ChildExited);
      break;
    case 1:  // crashes while it starts, or just when it is ready
      at(start, Kind::ProbePassed);
      at(dice_.chance(50) ? start : dice_.span(0, setup_.start), Kind::ChildExited);
      break;
    case 2:  // hangs
      at(start * 3, Kind::ProbeGaveUp);
      break;
    case 3:  // serves and crashes soon
      at(start, Kind::ProbePassed);
      at(start + dice_.span(1, 5'000), Kind::ChildExited);
      break;
    case 4:  // serves, and fails from some time on; it is told of twice, perhaps after its exit
      at(start, Kind::ProbePassed);
      at(start + dice_.span(0, 5'000), Kind::FoundFailing);
      at(start + dice_.span(0, 100'000), Kind::FoundFailing);
      break;
    case 5:  // fails, and crashes when it is told to go or before
      at(start, Kind::ProbePassed);
      at(start + dice_.span(0, 2'000), Kind::FoundFailing);
      at(start + dice_.span(0, 4'000), Kind::ChildExited);
      break;
    default:  // serves and crashes, perhaps after its failures were forgiven
      at(start, Kind::ProbePassed);
      at(start + dice_.span(1, 150'000), Kind::ChildExited);
      break;
  }
}

void World::carry_out(const Spawn& effect) {
  gates_[effect.instance] = FakeGate{.incarnation = effect.incarnation};
  start_child(effect.instance, effect.incarnation);
}

void World::carry_out(const Stop& effect) {
  // A child that ignores TERM is a late exit here: the executor's KILL.
  later(dice_.span(0, setup_.exit), {{}, Kind::ChildExited, effect.instance, effect.incarnation});
}

void World::carry_out(const Sleep& effect) {
  const Pending news{{}, Kind::FellAsleep, effect.instance, effect.incarnation};
  const milliseconds delay = dice_.span(0, setup_.exit);
  later(delay, news);
  if (settling_ || !dice_.chance(setup_.flaw[effect.instance])) {
    return;
  }
  // It fails, or its process ends before, or after it fell asleep.
  pending_.back().kind = dice_.chance(50) ? Kind::SleepFailed : Kind::FellAsleep;
  if (dice_.chance(50)) {
    later(dice_.span(0, 2 * setup_.exit),
          {{}, Kind::ChildExited, effect.instance, effect.incarnation});
  }
}

void World::carry_out(const Wake& effect) {
  const milliseconds delay = dice_.span(0, setup_.start);
  const bool is_flawed = !settling_ && dice_.chance(setup_.flaw[effect.instance]);
  const Kind end = !is_flawed         ? Kind::ProbePassed
                   : dice_.chance(50) ? Kind::WakeFailed
                                      : Kind::ChildExited;
  later(delay, {{}, end, effect.instance, effect.incarnation});
}

}  // namespace llmsnap::test
