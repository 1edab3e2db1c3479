// After each step.
#include <algorithm>
#include <variant>

#include "simulation/rules.h"

namespace llmsnap::test {

using namespace schedule;

void Rules::end(Time next_deadline) {
  for (Instance instance = 0; instance < book_.instances().size() && !broken_; ++instance) {
    check_published(instance);
    check_tickets(instance, next_deadline);
    check_gate(instance);
    check_drain(instance, next_deadline);
  }
  check_answer_to_event();
  check_progress(next_deadline);
}

void Rules::check_state(Instance instance, State state) {
  must(book_.instances()[instance].published == state, "its state is not the published one",
       instance);
}

void Rules::check_settled(Time next_deadline) {
  for (Instance instance = 0; instance < book_.instances().size(); ++instance) {
    const InstanceEntry& entry = book_.instances()[instance];
    must(book_.crew(instance).waiting.empty(), "a ticket waits for ever", instance);
    must(!book_.follows(instance), "it is left behind by the others of its model", instance);
    must(!entry.alive || !entry.stopped, "it stops for ever", instance);
    must(!entry.starting() && !entry.waking(), "it starts or wakes for ever", instance);
    must(!entry.sleeping || entry.asleep || !entry.alive, "it falls asleep for ever", instance);
    must(!setup_.leaves[instance] || entry.vacant || book_.shutting_down(), "it leaves for ever",
         instance);
  }
  must(next_deadline == Time::max(), "there is a deadline and nothing to wait for", 0);
}

void Rules::check_published(Instance instance) {
  const InstanceEntry& entry = book_.instances()[instance];
  switch (entry.published) {
    case State::Stopped:
    case State::Failed:
      must(!entry.alive, "its process lives and it says stopped or failed", instance);
      break;
    case State::Starting:
      must(entry.starting(), "it says starting and does not start", instance);
      break;
    case State::Ready:
    case State::Draining:
      must(entry.ready(), "it says ready or draining and is not ready", instance);
      break;
    case State::SleepPending:
      must(entry.alive && entry.sleeping && !entry.asleep, "it says sleepPending and does not",
           instance);
      break;
    case State::Asleep:
      must(entry.alive && entry.asleep, "it says asleep and is not", instance);
      break;
    case State::Waking:
      must(entry.alive && entry.sleeping && !entry.asleep, "it says waking and does not wake",
           instance);
      break;
    case State::Stopping:
      must(entry.alive && entry.stopped, "it says stopping and does not stop", instance);
      break;
  }
}

void Rules::check_tickets(Instance instance, Time next_deadline) {
  const InstanceSpec& spec = setup_.specs[instance];
  const bool time_passed = std::holds_alternative<TimePassed>(event_->what);
  const auto any = [&](auto predicate) {
    return book_.any_of_crew(
        instance, [&](const InstanceEntry& entry, Instance) { return predicate(entry); });
  };
  for (const Ticket number : book_.crew(instance).waiting) {
    const TicketEntry& ticket = book_.ticket(number);
    if (ticket.asked == Asked::Unload) {
      must(any([](const InstanceEntry& entry) { return entry.alive; }),
           "an unload waits and there is no process", instance);
      continue;
    }
    must(!book_.shutting_down(), "a ticket waits during the shutdown", instance);
    if (ticket.asked == Asked::Sleep) {
      must(any([](const InstanceEntry& entry) { return entry.alive && !entry.asleep; }),
           "a sleep waits and it sleeps or is gone", instance);
      continue;
    }
    must(ticket.asked != Asked::Load ||
             !any([](const InstanceEntry& entry) { return entry.published == State::Ready; }),
         "a load waits and it is ready", instance);
    const Time end = ticket.arrived + spec.queue_timeout;
    must(!time_passed || book_.now() < end, "a ticket waits beyond its queue timeout", instance);
    must(next_deadline <= std::max(book_.now(), end), "next_deadline is later than a ticket's",
         instance);
  }
  must(book_.waiting_requests(instance) <= spec.queue_limit, "more wait than the queue limit",
       instance);
}

void Rules::check_gate(Instance instance) {
  const InstanceEntry& entry = book_.instances()[instance];
  const std::size_t waiting = book_.waiting_requests(instance);
  if (gates_[instance].open) {
    must(entry.ready() && entry.published == State::Ready, "its gate is open and it is not ready",
         instance);
    must(waiting == 0, "its gate is open and tickets wait", instance);
    return;
  }
  if (entry.published != State::Ready || book_.in_the_way(instance)) {
    return;
  }
  must(!book_.sleep_asked(instance), "it was asked to sleep and serves on", instance);
  must(waiting != 0, "its gate stays closed and nobody waits for that", instance);
  must(!entry.count_known || entry.count >= setup_.specs[instance].concurrency_limit,
       "tickets wait and there is room", instance);
}

void Rules::check_drain(Instance instance, Time next_deadline) {
  const InstanceEntry& entry = book_.instances()[instance];
  if (entry.published != State::Draining) {
    return;
  }
  must(!gates_[instance].open, "it drains and its gate is open", instance);
  must(has_reason_to_go(instance) || !entry.count_known, "it drains and nobody waits for that",
       instance);
  must(!entry.count_known || entry.count != 0, "it is drained and does not go", instance);
  const Time end = entry.draining_since + drain_limit(instance);
  must(!std::holds_alternative<TimePassed>(event_->what) || book_.now() < end,
       "it drains beyond its drain timeout", instance);
  must(next_deadline <= std::max(book_.now(), end), "next_deadline is later than a drain's end",
       instance);
}

void Rules::check_answer_to_event() {
  if (failed_start_) {
    must(another_may_serve_ || book_.oldest_wanting(*failed_start_) == 0,
         "a start failed and a ticket waits on", *failed_start_);
  }
  if (const auto* unload = std::get_if<UnloadAsked>(&event_->what)) {
    must(book_.oldest_wanting(unload->instance) == 0, "it is unloaded and a ticket waits on",
         unload->instance);
    must(!book_.any_of_crew(unload->instance,
                            [](const InstanceEntry& entry, Instance) { return entry.lives(); }),
         "it is unloaded and not stopped", unload->instance);
  } else if (const auto* gave_up = std::get_if<ProbeGaveUp>(&event_->what)) {
    const InstanceEntry& entry = book_.instances()[gave_up->instance];
    must(!entry.alive || !entry.gave_up || entry.stopped, "its probe gave up and it is not stopped",
         gave_up->instance);
  } else if (const auto* failing = std::get_if<FoundFailing>(&event_->what)) {
    const InstanceEntry& entry = book_.instances()[failing->instance];
    must(!entry.found_failing || !entry.ready() || entry.published == State::Draining,
         "it was found failing and still serves", failing->instance);
  } else if (const auto* request = std::get_if<RequestArrived>(&event_->what)) {
    must(!all_back_off(request->instance) || book_.ticket(request->ticket).fate == Fate::Answered,
         "it backs off and a request waits", request->instance);
  } else if (const auto* retired = std::get_if<Retired>(&event_->what)) {
    must(book_.oldest_wanting(retired->instance) == 0, "it was retired and a ticket waits on",
         retired->instance);
    must(!book_.any_of_crew(retired->instance,
                            [](const InstanceEntry& entry, Instance) {
                              return entry.lives() && entry.published != State::Draining &&
                                     entry.published != State::SleepPending;
                            }),
         "it was retired and does not go", retired->instance);
  } else if (std::holds_alternative<ShutdownBegun>(event_->what)) {
    for (Instance instance = 0; instance < book_.instances().size(); ++instance) {
      const InstanceEntry& entry = book_.instances()[instance];
      must(!entry.alive || entry.stopped, "the shutdown begins and it is not stopped", instance);
    }
  }
}

// Nothing may stand still that nobody would wake.
void Rules::check_progress(Time next_deadline) {
  const auto& line = book_.in_line();
  for (auto target = line.begin(); target != line.end(); ++target) {
    const bool behind_others = std::any_of(line.begin(), target, [this, target](Instance earlier) {
      return excludes(earlier, *target);
    });
    const InstanceEntry& entry = book_.instances()[*target];
    const bool may_begin =
        entry.lives_in_memory == 0 && (!entry.alive || (entry.asleep && !entry.stopped));
    // Under a limit or a matrix who goes for a later one depends on who goes for the first.
    const bool is_alone = setup_.most == 0 && !setup_.matrix;
    if (!behind_others && may_begin && (is_alone || target == line.begin())) {
      check_next_in_line(*target, next_deadline);
    }
  }
}

void Rules::check_next_in_line(Instance target, Time next_deadline) {
  const Ticket oldest = book_.oldest_wanting(target);
  const Time patience_ends =
      book_.is_follower(target)
          ? Time::max()
          : Time(book_.ticket(oldest).arrived + setup_.specs[target].max_wait);
  bool clear = book_.count(target, Asked::Unload) == 0 && book_.count(target, Asked::Sleep) == 0 &&
               (setup_.most == 0 || book_.loaded() < setup_.most) &&
               setup_.allows(models_in_memory_and(target));
  for (Instance other = 0; other < book_.instances().size(); ++other) {
    if (!setup_.evicts(target, other) || book_.instances()[other].lives_in_memory == 0) {
      continue;
    }
    clear = false;
    const InstanceEntry& entry = book_.instances()[other];
    if (entry.ready()) {
      check_incumbent(other, patience_ends, next_deadline);
    }
    must(!(entry.starting() || entry.waking()) || book_.oldest_wanting(other) != 0 ||
             book_.sleep_asked(other) || book_.siblings_are_busy(other),
         "it loads, nobody waits for it and it must go", other);
  }
  must(!clear, "it waits and nothing is in its way", target);
}

void Rules::check_incumbent(Instance incumbent, Time patience_ends, Time next_deadline) {
  const InstanceEntry& entry = book_.instances()[incumbent];
  const FakeGate& gate = gates_[incumbent];
  if (!gate.open) {
    must(entry.published == State::Draining || !entry.count_known || entry.count != 0 ||
             book_.siblings_are_busy(incumbent),
         "it must go, is idle and stays", incumbent);
    return;
  }
  must(!std::holds_alternative<TimePassed>(event_->what) || book_.now() < patience_ends,
       "its gate is open after max_wait", incumbent);
  must(patience_ends == Time::max() || next_deadline <= std::max(book_.now(), patience_ends),
       "next_deadline is later than the end of max_wait", incumbent);
  const Time free_from = entry.ready_at + setup_.specs[incumbent].min_residency;
  if (book_.now() < free_from) {
    must(next_deadline <= std::max(book_.now(), free_from),
         "next_deadline is later than the end of its residency", incumbent);
    return;
  }
  if (book_.siblings_are_busy(incumbent)) {
    return;  // one of these is watched
  }
  must(gate.watched || gate.hints_pending != 0, "it must go and is not watched", incumbent);
  must(seen_idle_ != incumbent || came_back_, "it must go, was seen idle and its gate stays open",
       incumbent);
}

}  // namespace llmsnap::test
