#include "schedule/team.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "schedule/refusal_error.h"

namespace llmsnap::schedule {
namespace {

using Entry = process::Gate::Entry;

constexpr std::int64_t LongestWait = 60;

Admission admission_at(std::size_t place, const process::Gate::Admission& admission) {
  return {admission.entry, place, admission.incarnation, admission.port};
}

/// How far a state is from serving.
int distance(ModelState state) {
  switch (state) {
    case ModelState::Ready:
      return 0;
    case ModelState::Draining:
      return 1;
    case ModelState::Waking:
      return 2;
    case ModelState::Starting:
      return 3;
    case ModelState::Asleep:
      return 4;
    case ModelState::SleepPending:
      return 5;
    case ModelState::Stopping:
      return 6;
    case ModelState::Failed:
      return 7;
    case ModelState::Stopped:
      return 8;
  }
  return 9;
}

InstanceStatus status_of(const Member& member) {
  InstanceStatus status = member.shown.read();
  status.in_flight = member.gate.inside();
  return status;
}

}  // namespace

void Member::change_config(const ModelConfig& changed) {
  const std::uint16_t port = config.port;
  config = changed;
  config.port = port;
  gate.change_limit(config.concurrency_limit);
}

template <typename Attempt>
void Team::by_load(std::size_t first, Attempt attempt) const {
  static_assert(MostInstances <= 64);
  std::uint64_t asked = 0;  // a bit a place
  for (std::size_t left = members.size(); left > 0; --left) {
    std::size_t best = members.size();
    std::size_t least = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const std::size_t place = (first + i) % members.size();
      const std::size_t load = members[place]->gate.inside();
      const bool is_left = (asked >> place & 1U) == 0;
      if (is_left && (best == members.size() || load < least)) {
        best = place;
        least = load;
      }
    }
    asked |= std::uint64_t{1} << best;
    if (attempt(best)) {
      return;
    }
  }
}

Admission Team::try_enter() {
  if (members.size() == 1) {
    return admission_at(0, members.front()->gate.try_enter());
  }
  Admission found{Entry::Full, 0, 0, 0};
  by_load(turn_.fetch_add(1, std::memory_order_relaxed), [this, &found](std::size_t place) {
    const Admission admission = admission_at(place, members[place]->gate.try_enter());
    // One that is closed may come: then not all are full.
    found = admission.entry == Entry::Full ? found : admission;
    return admission.entry == Entry::Entered;
  });
  return found;
}

Admission Team::look() const {
  Admission found;
  by_load(0, [this, &found](std::size_t place) {
    found = admission_at(place, members[place]->gate.look());
    return found.entry == Entry::Entered;
  });
  return found;
}

bool Team::is_present(const Admission& found) const {
  const process::Gate::Admission present = members[found.place]->gate.look();
  return present.entry == Entry::Entered && present.incarnation == found.incarnation;
}

bool Team::is_ready() const {
  return std::any_of(members.begin(), members.end(),
                     [](const auto& member) { return member->gate.is_open(); });
}

/// Of as many requests as there may be, one ends about once in their mean time through their
/// number.
Error Team::at_limit() const {
  std::int64_t ready = 0;
  std::chrono::nanoseconds mean{0};
  for (const auto& member : members) {
    ready += member->gate.is_open() ? 1 : 0;
    mean = std::max(mean, member->answers.mean_time());
  }
  const std::size_t each = members.front()->gate.limit();
  const std::int64_t limit = static_cast<std::int64_t>(each) * std::max<std::int64_t>(ready, 1);
  const auto wait =
      std::chrono::ceil<std::chrono::seconds>(mean / std::max<std::int64_t>(limit, 1));
  return {ErrorCode::TooManyRequests, at_limit_text(config.id, each),
          std::chrono::seconds(std::clamp<std::int64_t>(wait.count(), 1, LongestWait))};
}

ModelStatus Team::status() const {
  std::vector<InstanceStatus> all;
  ModelStatus status;
  for (const auto& member : members) {
    all.push_back(status_of(*member));
    status.in_flight += all.back().in_flight;
  }
  const InstanceStatus& first = *std::min_element(
      all.begin(), all.end(),
      [](const auto& a, const auto& b) { return distance(a.state) < distance(b.state); });
  status.model = config.id;
  status.waiting = waiting.load(std::memory_order_relaxed);
  status.state = first.state;
  status.why = first.why;
  status.since = first.since;
  status.pid = first.pid;
  status.port = first.port;
  status.exit_code = first.exit_code;
  if (all.size() > 1) {
    status.instances = std::move(all);
  }
  return status;
}

}  // namespace llmsnap::schedule
