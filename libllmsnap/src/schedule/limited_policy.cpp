#include <algorithm>
#include <tuple>
#include <utility>

#include "schedule/eviction_policy.h"

namespace llmsnap::schedule {
namespace {

/// Who goes first, by how little is lost.
enum class Loss { GoesAlready, Idle, IdleButNew, Busy, Loads };

Loss loss_of(const Running& running, Time now) {
  if (running.is_promised) {
    return Loss::Loads;
  }
  switch (running.state) {
    case State::Draining:
    case State::Stopping:
    case State::SleepPending:
    case State::Stopped:  // its memory is on its way
    case State::Failed:
      return Loss::GoesAlready;
    case State::Ready:
      if (running.in_flight > 0) {
        return Loss::Busy;
      }
      return running.free_from <= now ? Loss::Idle : Loss::IdleButNew;
    case State::Starting:
    case State::Waking:
    case State::Asleep:
      return Loss::Loads;
  }
  return Loss::Loads;
}

}  // namespace

EvictionPolicy limited_policy(EvictionPolicy policy, std::size_t most) {
  return [policy = std::move(policy), most](Instance target, std::span<const Running> running,
                                            Time now) {
    std::vector<Eviction> evicted = policy(target, running, now);
    std::vector<Running> staying;
    for (const Running& other : running) {
      if (!is_evicted(evicted, other.instance)) {
        staying.push_back(other);
      }
    }
    if (staying.size() < most) {
      return evicted;
    }
    std::sort(staying.begin(), staying.end(), [now](const Running& a, const Running& b) {
      return std::tuple(loss_of(a, now), a.last_use, a.instance) <
             std::tuple(loss_of(b, now), b.last_use, b.instance);
    });
    const std::size_t choices = staying.size();
    staying.resize(choices + 1 - most);
    for (const Running& other : staying) {
      evicted.push_back({other.instance, Cause::Limit, choices});
    }
    return evicted;
  };
}

}  // namespace llmsnap::schedule
