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

/// All running instances of one model.
struct Whole {
  std::size_t model;
  std::size_t instances = 0;
  Loss loss = Loss::GoesAlready;
  Time last_use = Time::min();
};

std::vector<Whole> whole_models(const std::vector<Running>& running, Time now) {
  std::vector<Whole> models;
  for (const Running& one : running) {
    auto whole = std::find_if(models.begin(), models.end(),
                              [&one](const Whole& other) { return other.model == one.model; });
    if (whole == models.end()) {
      whole = models.insert(models.end(), Whole{one.model});
    }
    ++whole->instances;
    whole->loss = std::max(whole->loss, loss_of(one, now));
    whole->last_use = std::max(whole->last_use, one.last_use);
  }
  return models;
}

}  // namespace

EvictionPolicy limited_policy(EvictionPolicy policy, std::size_t most) {
  return [policy = std::move(policy), most](Instance target, std::span<const Running> running,
                                            Time now) {
    std::vector<Eviction> evicted = policy(target, running, now);
    std::size_t loaded = running.size() - evicted.size();
    if (loaded < most) {
      return evicted;
    }
    std::vector<Running> may_go;
    for (const Running& other : running) {
      if (!other.is_sibling && !is_evicted(evicted, other.instance)) {
        may_go.push_back(other);
      }
    }
    std::vector<Whole> models = whole_models(may_go, now);
    std::sort(models.begin(), models.end(), [](const Whole& a, const Whole& b) {
      return std::tuple(a.loss, a.last_use, a.model) < std::tuple(b.loss, b.last_use, b.model);
    });
    for (auto whole = models.begin(); whole != models.end() && loaded >= most; ++whole) {
      loaded -= whole->instances;
      for (const Running& other : may_go) {
        if (other.model == whole->model) {
          evicted.push_back(
              {other.instance, Cause::Limit, {}, static_cast<std::int64_t>(models.size())});
        }
      }
    }
    return evicted;
  };
}

}  // namespace llmsnap::schedule
