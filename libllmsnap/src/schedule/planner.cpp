#include "schedule/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "schedule/planner_impl.h"
#include "schedule/refusal_error.h"

namespace llmsnap::schedule {
namespace {

std::chrono::seconds whole_seconds(Time::duration time) {
  return std::max(std::chrono::seconds(1), std::chrono::ceil<std::chrono::seconds>(time));
}

}  // namespace

Planner::Planner(EvictionPolicy policy) : impl_(std::make_unique<Impl>(std::move(policy))) {}
Planner::~Planner() = default;

Instance Planner::add_instance(InstanceSpec spec, std::optional<Instance> sibling) {
  auto& slots = impl_->slots;
  auto free =
      std::find_if(slots.begin(), slots.end(), [](const Slot& slot) { return slot.vacant; });
  if (free == slots.end()) {
    free = slots.emplace(slots.end());
  }
  const Instance instance = impl_->index_of(*free);
  Slot fresh;
  fresh.spec = std::move(spec);
  fresh.incarnation = free->incarnation;  // late news of who had the number is known as such
  fresh.crew = sibling ? slots[*sibling].crew : impl_->vacant_crew();
  *free = std::move(fresh);
  impl_->crew_of(*free).members.push_back(instance);
  return instance;
}

void Planner::change_spec(Instance instance, InstanceSpec spec) {
  impl_->slots[instance].spec = std::move(spec);
  impl_->slots[instance].failures.forgive();
}

void Planner::change_policy(EvictionPolicy policy) {
  impl_->policy = std::move(policy);
}

std::vector<Effect> Planner::handle(const Event& event) {
  impl_->now = event.now;
  ++impl_->event_number;
  for (std::size_t i = 0; i < event.uses.size() && i < impl_->slots.size(); ++i) {
    impl_->slots[i].use = event.uses[i];
  }
  std::visit([this](const auto& what) { impl_->take(what); }, event.what);
  impl_->plan();
  return std::exchange(impl_->effects, {});
}

Time Planner::next_deadline() const {
  if (impl_->shutting_down) {
    return Time::max();
  }
  Time earliest = impl_->patience_ends;
  for (const Crew& crew : impl_->crews) {
    if (!crew.queue.empty()) {
      const auto limit = impl_->spec_of(crew).queue_timeout;
      earliest = std::min<Time>(earliest, crew.queue.longest_since() + limit);
    }
  }
  for (const Slot& slot : impl_->slots) {
    if (!slot.vacant) {
      earliest = std::min(earliest, impl_->deadline_of(slot));
    }
  }
  return earliest;
}

Time Planner::Impl::deadline_of(const Slot& slot) const {
  const Crew& crew = crew_of(slot);
  Time earliest = stops_sleeping(slot);
  if (slot.state == State::Draining) {
    earliest = std::min<Time>(earliest, slot.since + slot.drain_limit());
  }
  // While requests are in flight it is watched: the end of the last one is told.
  if (slot.state == State::Ready && in_flight(crew) == 0 && crew.queue.empty() &&
      !others_come(slot)) {
    earliest = std::min(earliest, idle_until(slot));
  }
  const bool is_wanted = wants_back(slot) || follows(slot) || !crew.queue.empty();
  if (is_wanted && slot.backs_off(now)) {
    earliest = std::min(earliest, slot.failures.retry_at());
  }
  return earliest;
}

State Planner::state(Instance instance) const {
  return impl_->slots[instance].state;
}

bool Planner::fits(Instance instance) const {
  const auto in_the_way =
      impl_->in_the_way(impl_->crew_of(impl_->slots[instance]), impl_->in_line());
  return std::none_of(in_the_way.begin(), in_the_way.end(),
                      [this](Instance other) { return impl_->slots[other].retired.empty(); });
}

void Planner::Impl::take(const RequestArrived& event) {
  const Slot& asked = slots[event.instance];
  Crew& crew = crew_of(asked);
  const Ticket ticket = event.ticket;
  if (shutting_down) {
    refuse(ticket, Refusal::ShuttingDown, "the gateway is shutting down", std::chrono::seconds(1));
  } else if (!asked.retired.empty()) {
    refuse_superseded(asked, ticket);
  } else if (const Slot* open = open_member(crew)) {
    // The gate opened while the ticket was on its way.
    effects.emplace_back(Grant{ticket, index_of(*open), open->incarnation});
  } else if (is_at_limit(crew)) {
    refuse(ticket, Refusal::AtConcurrencyLimit,
           at_limit_text(asked.spec.name, asked.spec.concurrency_limit), until_served(crew));
  } else if (all_back_off(crew)) {
    refuse_backing_off(crew, ticket);
  } else if (crew.queue.size() >= asked.spec.queue_limit) {
    refuse(ticket, Refusal::QueueFull,
           fmt::format("{} requests wait for {} already, its queue.limit", crew.queue.size(),
                       asked.spec.name),
           until_served(crew));
  } else {
    wait(event.instance, ticket, TicketQueue::Kind::Request, event.since.value_or(now));
  }
}

void Planner::Impl::take(const LoadAsked& event) {
  const Slot& asked = slots[event.instance];
  const Crew& crew = crew_of(asked);
  if (shutting_down) {
    refuse(event.ticket, Refusal::ShuttingDown, "the gateway is shutting down",
           std::chrono::seconds(1));
    return;
  }
  if (!asked.retired.empty()) {
    refuse_superseded(asked, event.ticket);
    return;
  }
  for (const Instance member : crew.members) {
    slots[member].failures.forgive();
  }
  if (any_of(crew, [](const Slot& slot) { return slot.state == State::Ready; })) {
    effects.emplace_back(Done{event.ticket});
  } else {
    wait(event.instance, event.ticket, TicketQueue::Kind::Load, now);
  }
}

void Planner::Impl::take(const SleepAsked& event) {
  const Slot& asked = slots[event.instance];
  Crew& crew = crew_of(asked);
  const auto cannot = [&](std::string_view why) {
    refuse(event.ticket, Refusal::CannotSleep, fmt::format("{} {}", asked.spec.name, why),
           std::chrono::seconds(0));
  };
  if (shutting_down) {
    refuse(event.ticket, Refusal::ShuttingDown, "the gateway is shutting down",
           std::chrono::seconds(1));
  } else if (!asked.retired.empty()) {
    refuse_superseded(asked, event.ticket);
  } else if (!asked.spec.can_sleep) {
    cannot("has no way to sleep: its config sets neither sleep nor sleepMode");
  } else if (!any_of(crew, [](const Slot& slot) { return slot.lives(); })) {
    cannot("does not run");
  } else if (!any_of(crew, [](const Slot& slot) {
               return slot.lives() && slot.state != State::Asleep;
             })) {
    effects.emplace_back(Done{event.ticket});
  } else {
    crew.sleeps.push_back(event.ticket);
  }
}

void Planner::Impl::take(const KeepAliveAsked& event) {
  const Slot& slot = slots[event.instance];
  Crew& crew = crew_of(slot);
  const auto most = slot.spec.max_keep_alive;
  crew.keep_alive = event.keep_alive;
  if (most && (!crew.keep_alive->time || *crew.keep_alive->time > *most)) {
    crew.keep_alive->time = most;
  }
}

void Planner::Impl::take(const UnloadAsked& event) {
  Crew& crew = crew_of(slots[event.instance]);
  crew.rests = true;
  crew.unloads.push_back(event.ticket);
  for (const Instance member : crew.members) {
    if (slots[member].lives()) {
      stop(slots[member], {GoingCause::Unload, "unloaded on request"});
    }
  }
  const std::string why = fmt::format("{} was unloaded", slots[event.instance].spec.name);
  refuse_all(crew, Refusal::Unloaded, why);
  refuse_sleeps(crew, Refusal::Unloaded, why);
  tell_if_all_are_gone(crew);
}

void Planner::Impl::take(const Retired& event) {
  const Slot& slot = slots[event.instance];
  Crew& crew = crew_of(slot);
  for (const Instance member : crew.members) {
    slots[member].retired = event.why;
  }
  while (!crew.queue.empty()) {
    refuse_superseded(slot, crew.queue.take().ticket);
  }
  refuse_sleeps(crew, Refusal::Superseded, event.why);
}

void Planner::Impl::take(const TicketCancelled& event) {
  const auto found = waiting_at.find(event.ticket);
  if (found != waiting_at.end()) {
    crew_of(slots[found->second]).queue.cancel(event.ticket);
    waiting_at.erase(found);
    return;
  }
  for (Crew& crew : crews) {
    std::erase(crew.unloads, event.ticket);
    std::erase(crew.sleeps, event.ticket);
  }
}

void Planner::Impl::take(const ShutdownBegun&) {
  shutting_down = true;
  for (Crew& crew : crews) {
    refuse_all(crew, Refusal::ShuttingDown, "the gateway is shutting down");
    refuse_sleeps(crew, Refusal::ShuttingDown, "the gateway is shutting down");
  }
  for (Slot& slot : slots) {
    if (slot.lives()) {
      stop(slot, {GoingCause::Shutdown, "the gateway is shutting down"});
    }
  }
}

Slot* Planner::Impl::living(Instance instance, Incarnation incarnation) {
  Slot& slot = slots[instance];
  return slot.has_process && slot.incarnation == incarnation ? &slot : nullptr;
}

/// One that has no members any more, or a new one.
std::size_t Planner::Impl::vacant_crew() {
  const auto free = std::find_if(crews.begin(), crews.end(),
                                 [](const Crew& crew) { return crew.members.empty(); });
  if (free == crews.end()) {
    crews.emplace_back();
    return crews.size() - 1;
  }
  *free = Crew();
  return static_cast<std::size_t>(free - crews.begin());
}

Instance Planner::Impl::index_of(const Slot& slot) const {
  return static_cast<Instance>(&slot - slots.data());
}

void Planner::Impl::enter(Slot& slot, State state, std::string why,
                          std::optional<GoingCause> cause) {
  effects.emplace_back(Publish{index_of(slot), slot.state, state, std::move(why), cause});
  slot.state = state;
  slot.since = now;
}

void Planner::Impl::enter(Slot& slot, State state, Going going) {
  enter(slot, state, std::move(going.why), going.cause);
}

/// From now on all of its model's pass the queue.
void Planner::Impl::wait(Instance instance, Ticket ticket, TicketQueue::Kind kind, Time since) {
  Crew& crew = crew_of(slots[instance]);
  crew.queue.add({ticket, kind, now, since, ++last_order});
  waiting_at.emplace(ticket, instance);
  for (const Instance member : crew.members) {
    if (slots[member].gate_open) {
      close_gate(slots[member]);
    }
  }
}

void Planner::Impl::refuse(Ticket ticket, Refusal reason, std::string why,
                           std::chrono::seconds retry_after) {
  waiting_at.erase(ticket);
  effects.emplace_back(Refuse{ticket, reason, std::move(why), retry_after});
}

void Planner::Impl::refuse_all(Crew& crew, Refusal reason, const std::string& why) {
  while (!crew.queue.empty()) {
    refuse(crew.queue.take().ticket, reason, why, std::chrono::seconds(1));
  }
}

void Planner::Impl::refuse_sleeps(Crew& crew, Refusal reason, const std::string& why) {
  for (const Ticket ticket : std::exchange(crew.sleeps, {})) {
    refuse(ticket, reason, why, std::chrono::seconds(1));
  }
}

/// When somebody who comes again may find it ready: its load takes as long as it took, and who has
/// the room leaves it when the first in the queue has waited for its `maxWait`, or before.
std::chrono::seconds Planner::Impl::until_served(const Crew& crew) const {
  const Slot& slot = foremost(crew);
  const auto load = slot.load_time.value_or(UsualLoad);
  switch (slot.state) {
    case State::Ready:
      return std::chrono::seconds(1);
    case State::Starting:
    case State::Waking:
      return whole_seconds(load - (now - slot.since));
    default:
      return whole_seconds(
          crew.queue.empty() ? load : load + crew.queue.head().arrived + slot.spec.max_wait - now);
  }
}

void Planner::Impl::refuse_superseded(const Slot& slot, Ticket ticket) {
  refuse(ticket, Refusal::Superseded, fmt::format("{}: {}", slot.spec.name, slot.retired),
         std::chrono::seconds(1));
}

/// All of it backs off: the first that is tried again counts.
void Planner::Impl::refuse_backing_off(const Crew& crew, Ticket ticket) {
  const Slot& slot = slots[*std::min_element(
      crew.members.begin(), crew.members.end(), [this](Instance a, Instance b) {
        return slots[a].failures.retry_at() < slots[b].failures.retry_at();
      })];
  const std::chrono::seconds pause = whole_seconds(slot.failures.retry_at() - now);
  refuse(ticket, Refusal::BackingOff,
         fmt::format("{} failed {} time{} in a row and is tried again in {} s; last: {}",
                     slot.spec.name, slot.failures.in_a_row(),
                     slot.failures.in_a_row() == 1 ? "" : "s", pause.count(), slot.failures.why()),
         pause);
}

void Planner::Impl::refuse_all_while_backing_off(Crew& crew) {
  while (!crew.queue.empty() && all_back_off(crew)) {
    refuse_backing_off(crew, crew.queue.take().ticket);
  }
}

void Planner::Impl::close_gate(Slot& slot) {
  if (slot.gate_open) {
    slot.gate_open = false;
    effects.emplace_back(CloseGate{index_of(slot), slot.incarnation});
  }
  slot.idle_watched = false;
  slot.in_flight.reset();
}

void Planner::Impl::stop(Slot& slot, Going going) {
  if (!slot.failing.empty()) {
    slot.failures.life_ended(now, slot.ready_since, slot.failing);
  } else if (slot.state == State::Ready || slot.state == State::Draining) {
    slot.failures.life_stopped(now, slot.ready_since);
  }
  close_gate(slot);
  effects.emplace_back(Stop{index_of(slot), slot.incarnation, going.why});
  enter(slot, State::Stopping, std::move(going));
  if (!slot.failing.empty()) {
    refuse_all_while_backing_off(crew_of(slot));
  }
}

}  // namespace llmsnap::schedule
