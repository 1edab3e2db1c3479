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

Instance Planner::add_instance(InstanceSpec spec) {
  auto& slots = impl_->slots;
  auto free =
      std::find_if(slots.begin(), slots.end(), [](const Slot& slot) { return slot.vacant; });
  if (free == slots.end()) {
    free = slots.emplace(slots.end());
  }
  Slot fresh;
  fresh.spec = std::move(spec);
  fresh.incarnation = free->incarnation;  // late news of who had the number is known as such
  *free = std::move(fresh);
  return impl_->index_of(*free);
}

void Planner::change_spec(Instance instance, InstanceSpec spec) {
  impl_->slots[instance].spec = std::move(spec);
}

void Planner::change_policy(EvictionPolicy policy) {
  impl_->policy = std::move(policy);
}

std::vector<Effect> Planner::handle(const Event& event) {
  impl_->now = event.now;
  for (std::size_t i = 0; i < event.uses.size() && i < impl_->slots.size(); ++i) {
    impl_->slots[i].use = event.uses[i];
  }
  std::visit([this](const auto& what) { impl_->take(what); }, event.what);
  impl_->plan();
  return std::exchange(impl_->effects, {});
}

Time Planner::next_deadline() const {
  Time earliest = impl_->patience_ends;
  for (const Slot& slot : impl_->slots) {
    if (!slot.queue.empty()) {
      earliest = std::min<Time>(earliest, slot.queue.head().arrived + slot.spec.queue_timeout);
    }
    if (slot.state == State::Draining) {
      earliest = std::min<Time>(earliest, slot.since + slot.drain_limit());
    }
    // While requests are in flight it is watched: the end of the last one is told.
    if (slot.state == State::Ready && slot.use.in_flight == 0 && slot.queue.empty()) {
      earliest = std::min(earliest, slot.idle_until());
    }
    earliest = std::min(earliest, slot.stops_sleeping());
    if (slot.wants_back() && slot.failures.backing_off(impl_->now)) {
      earliest = std::min(earliest, slot.failures.retry_at());
    }
  }
  return impl_->shutting_down ? Time::max() : earliest;
}

State Planner::state(Instance instance) const {
  return impl_->slots[instance].state;
}

void Planner::Impl::take(const RequestArrived& event) {
  Slot& slot = slots[event.instance];
  if (shutting_down) {
    refuse(event.ticket, Refusal::ShuttingDown, "the gateway is shutting down",
           std::chrono::seconds(1));
  } else if (!slot.retired.empty()) {
    refuse_superseded(slot, event.ticket);
  } else if (slot.state == State::Ready && slot.gate_open) {
    // The gate opened while the ticket was on its way.
    effects.emplace_back(Grant{event.ticket, event.instance, slot.incarnation});
  } else if (slot.state == State::Ready && slot.in_flight >= slot.spec.concurrency_limit) {
    refuse(event.ticket, Refusal::AtConcurrencyLimit,
           at_limit_text(slot.spec.name, slot.spec.concurrency_limit), until_served(slot));
  } else if ((!slot.has_process || slot.state == State::Stopping) &&
             slot.failures.backing_off(now)) {
    refuse_backing_off(slot, event.ticket);
  } else if (slot.queue.size() >= slot.spec.queue_limit) {
    refuse(event.ticket, Refusal::QueueFull,
           fmt::format("{} requests wait for {} already, its queue.limit", slot.queue.size(),
                       slot.spec.name),
           until_served(slot));
  } else {
    wait(event.instance, event.ticket, TicketQueue::Kind::Request);
  }
}

void Planner::Impl::take(const LoadAsked& event) {
  Slot& slot = slots[event.instance];
  if (shutting_down) {
    refuse(event.ticket, Refusal::ShuttingDown, "the gateway is shutting down",
           std::chrono::seconds(1));
    return;
  }
  if (!slot.retired.empty()) {
    refuse_superseded(slot, event.ticket);
    return;
  }
  slot.failures.forgive();
  if (slot.state == State::Ready) {
    effects.emplace_back(Done{event.ticket});
  } else {
    wait(event.instance, event.ticket, TicketQueue::Kind::Load);
  }
}

void Planner::Impl::take(const SleepAsked& event) {
  Slot& slot = slots[event.instance];
  const auto cannot = [&](std::string_view why) {
    refuse(event.ticket, Refusal::CannotSleep, fmt::format("{} {}", slot.spec.name, why),
           std::chrono::seconds(0));
  };
  if (shutting_down) {
    refuse(event.ticket, Refusal::ShuttingDown, "the gateway is shutting down",
           std::chrono::seconds(1));
  } else if (!slot.retired.empty()) {
    refuse_superseded(slot, event.ticket);
  } else if (!slot.spec.can_sleep) {
    cannot("has no way to sleep: its config sets neither sleep nor sleepMode");
  } else if (!slot.has_process || slot.state == State::Stopping) {
    cannot("does not run");
  } else if (slot.state == State::Asleep) {
    effects.emplace_back(Done{event.ticket});
  } else {
    slot.sleeps.push_back(event.ticket);
  }
}

void Planner::Impl::take(const KeepAliveAsked& event) {
  Slot& slot = slots[event.instance];
  const auto most = slot.spec.max_keep_alive;
  slot.keep_alive = event.keep_alive;
  if (most && (!slot.keep_alive->time || *slot.keep_alive->time > *most)) {
    slot.keep_alive->time = most;
  }
}

void Planner::Impl::take(const UnloadAsked& event) {
  Slot& slot = slots[event.instance];
  slot.rests = true;
  if (slot.has_process) {
    slot.unloads.push_back(event.ticket);
    if (slot.state != State::Stopping) {
      stop(slot, "unloaded on request");
    }
  }
  const std::string why = fmt::format("{} was unloaded", slot.spec.name);
  refuse_all(slot, Refusal::Unloaded, why);
  refuse_sleeps(slot, Refusal::Unloaded, why);
  if (!slot.has_process) {
    effects.emplace_back(Done{event.ticket});
  }
}

void Planner::Impl::take(const Retired& event) {
  Slot& slot = slots[event.instance];
  slot.retired = event.why;
  while (!slot.queue.empty()) {
    refuse_superseded(slot, slot.queue.take().ticket);
  }
  refuse_sleeps(slot, Refusal::Superseded, event.why);
}

void Planner::Impl::take(const TicketCancelled& event) {
  const auto found = waiting_at.find(event.ticket);
  if (found != waiting_at.end()) {
    slots[found->second].queue.cancel(event.ticket);
    waiting_at.erase(found);
    return;
  }
  for (Slot& slot : slots) {
    std::erase(slot.unloads, event.ticket);
    std::erase(slot.sleeps, event.ticket);
  }
}

void Planner::Impl::take(const ShutdownBegun&) {
  shutting_down = true;
  for (Slot& slot : slots) {
    refuse_all(slot, Refusal::ShuttingDown, "the gateway is shutting down");
    refuse_sleeps(slot, Refusal::ShuttingDown, "the gateway is shutting down");
    if (slot.has_process && slot.state != State::Stopping) {
      stop(slot, "the gateway is shutting down");
    }
  }
}

Slot* Planner::Impl::living(Instance instance, Incarnation incarnation) {
  Slot& slot = slots[instance];
  return slot.has_process && slot.incarnation == incarnation ? &slot : nullptr;
}

Instance Planner::Impl::index_of(const Slot& slot) const {
  return static_cast<Instance>(&slot - slots.data());
}

void Planner::Impl::enter(Slot& slot, State state, std::string why) {
  effects.emplace_back(Publish{index_of(slot), slot.state, state, std::move(why)});
  slot.state = state;
  slot.since = now;
}

void Planner::Impl::wait(Instance instance, Ticket ticket, TicketQueue::Kind kind) {
  slots[instance].queue.add({ticket, kind, now, ++last_order});
  waiting_at.emplace(ticket, instance);
}

void Planner::Impl::refuse(Ticket ticket, Refusal reason, std::string why,
                           std::chrono::seconds retry_after) {
  waiting_at.erase(ticket);
  effects.emplace_back(Refuse{ticket, reason, std::move(why), retry_after});
}

void Planner::Impl::refuse_all(Slot& slot, Refusal reason, const std::string& why) {
  while (!slot.queue.empty()) {
    refuse(slot.queue.take().ticket, reason, why, std::chrono::seconds(1));
  }
}

void Planner::Impl::refuse_sleeps(Slot& slot, Refusal reason, const std::string& why) {
  for (const Ticket ticket : std::exchange(slot.sleeps, {})) {
    refuse(ticket, reason, why, std::chrono::seconds(1));
  }
}

/// When somebody who comes again may find it ready: its load takes as long as it took, and who has
/// the room leaves it when the first in the queue has waited for its `maxWait`, or before.
std::chrono::seconds Planner::Impl::until_served(const Slot& slot) const {
  const auto load = slot.load_time.value_or(UsualLoad);
  switch (slot.state) {
    case State::Ready:
      return std::chrono::seconds(1);
    case State::Starting:
    case State::Waking:
      return whole_seconds(load - (now - slot.since));
    default:
      return whole_seconds(
          slot.queue.empty() ? load : load + slot.queue.head().arrived + slot.spec.max_wait - now);
  }
}

void Planner::Impl::refuse_superseded(const Slot& slot, Ticket ticket) {
  refuse(ticket, Refusal::Superseded, fmt::format("{}: {}", slot.spec.name, slot.retired),
         std::chrono::seconds(1));
}

void Planner::Impl::refuse_backing_off(Slot& slot, Ticket ticket) {
  const std::chrono::seconds pause = whole_seconds(slot.failures.retry_at() - now);
  refuse(ticket, Refusal::BackingOff,
         fmt::format("{} failed {} time{} in a row and is tried again in {} s; last: {}",
                     slot.spec.name, slot.failures.in_a_row(),
                     slot.failures.in_a_row() == 1 ? "" : "s", pause.count(), slot.failures.why()),
         pause);
}

void Planner::Impl::refuse_all_while_backing_off(Slot& slot) {
  while (!slot.queue.empty() && slot.failures.backing_off(now)) {
    refuse_backing_off(slot, slot.queue.take().ticket);
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

void Planner::Impl::stop(Slot& slot, const std::string& why) {
  if (!slot.failing.empty()) {
    slot.failures.life_ended(now, slot.ready_since, slot.failing);
  } else if (slot.state == State::Ready || slot.state == State::Draining) {
    slot.failures.life_stopped(now, slot.ready_since);
  }
  close_gate(slot);
  effects.emplace_back(Stop{index_of(slot), slot.incarnation});
  enter(slot, State::Stopping, why);
  if (!slot.failing.empty()) {
    refuse_all_while_backing_off(slot);
  }
}

}  // namespace llmsnap::schedule
