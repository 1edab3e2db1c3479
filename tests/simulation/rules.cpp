// At each effect.
#include "simulation/rules.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace llmsnap::test {

using namespace schedule;
using std::chrono::seconds;

Rules::Rules(const Setup& setup, const std::vector<FakeGate>& gates)
    : setup_(setup), gates_(gates), book_(setup) {}

void Rules::begin(const Event& event) {
  event_ = &event;
  failed_start_.reset();
  seen_idle_.reset();
  came_back_.reset();
  const std::optional<Instance> first_before = std::exchange(first_, std::nullopt);
  if (const auto& line = book_.in_line(); !line.empty() && !book_.is_follower(line.front())) {
    first_ = line.front();
    first_patience_ends_ =
        book_.ticket(book_.oldest_wanting(*first_)).arrived + setup_.specs[*first_].max_wait;
    first_is_known_ = first_ == first_before;
  }
  if (const auto* exited = std::get_if<ChildExited>(&event.what)) {
    note_failed_start(exited->instance, exited->incarnation);
  } else if (const auto* gave_up = std::get_if<ProbeGaveUp>(&event.what)) {
    note_failed_start(gave_up->instance, gave_up->incarnation);
  } else if (const auto* inside = std::get_if<InFlight>(&event.what)) {
    const FakeGate& gate = gates_[inside->instance];
    if (gate.open && gate.incarnation == inside->incarnation && inside->count == 0 &&
        book_.instances()[inside->instance].watch_asked) {
      seen_idle_ = inside->instance;
    }
  }
  book_.note(event, gates_);
}

void Rules::note_failed_start(Instance instance, Incarnation incarnation) {
  const InstanceEntry& entry = book_.instances()[instance];
  if (entry.incarnation == incarnation && entry.starting()) {
    failed_start_ = instance;
    another_may_serve_ =
        book_.any_of_crew(instance, [instance](const InstanceEntry& other, Instance member) {
          return member != instance && other.lives();
        });
  }
}

void Rules::check(const Effect& effect) {
  std::visit([this](const auto& what) { judge(what); }, effect);
  if (!broken_) {
    book_.note(effect);
  }
}

bool Rules::names_current_life(Instance instance, Incarnation incarnation) {
  if (instance >= book_.instances().size()) {
    must(false, "there is no such instance", instance);
    return false;
  }
  must(book_.instances()[instance].incarnation == incarnation, "an effect names an old life",
       instance);
  return !broken_;
}

bool Rules::names_waiting(Ticket ticket) {
  const TicketEntry& entry = book_.ticket(ticket);
  must(entry.asked != Asked::Nothing, "a ticket is answered that never came", entry.instance);
  must(entry.fate != Fate::Answered, "a ticket is answered twice", entry.instance);
  must(entry.fate != Fate::Cancelled, "a ticket is answered that was cancelled", entry.instance);
  return !broken_;
}

/// Under a limit too who goes is the policy's choice, which is not written again here.
bool Rules::excludes(Instance one, Instance other) const {
  return setup_.evicts(one, other) || setup_.evicts(other, one);
}

std::vector<std::size_t> Rules::models_in_memory_and(Instance instance) const {
  std::vector<std::size_t> models{setup_.model_of[instance]};
  for (Instance other = 0; other < book_.instances().size(); ++other) {
    if (book_.instances()[other].lives_in_memory > 0) {
      models.push_back(setup_.model_of[other]);
    }
  }
  return models;
}

/// All instances of its model may be there, and nothing has to go for them.
bool Rules::fits_whole(Instance instance) const {
  std::size_t to_come = 0;
  bool evicts = !setup_.allows(models_in_memory_and(instance));
  for (const Instance member : setup_.crew(instance)) {
    to_come += book_.instances()[member].lives_in_memory == 0 ? 1 : 0;
    for (Instance other = 0; other < book_.instances().size(); ++other) {
      evicts |= book_.instances()[other].lives_in_memory > 0 && setup_.evicts(member, other);
    }
  }
  return !evicts && (setup_.most == 0 || book_.loaded() + to_come <= setup_.most);
}

/// Without a request only what the config says, and only while nobody waits for what does not run.
bool Rules::may_come_back(Instance instance) const {
  const InstanceSpec& spec = setup_.specs[instance];
  return (spec.comes_back || spec.restarts) && book_.in_line().empty() && fits_whole(instance);
}

/// Somebody waits for its model, others of it are up, or the config wants it there.
bool Rules::is_wanted(Instance instance) const {
  return book_.oldest_wanting(instance) != 0 || book_.follows(instance) || may_come_back(instance);
}

void Rules::judge_memory_of(Instance instance) {
  must(book_.count(instance, Asked::Unload) == 0, "it takes memory while its model is unloaded",
       instance);
  must(!setup_.leaves[instance], "it leaves and takes memory", instance);
  for (Instance other = 0; other < book_.instances().size(); ++other) {
    must(book_.instances()[other].lives_in_memory == 0 || !setup_.evicts(instance, other),
         "it takes memory beside one that still holds it and must go first", instance);
  }
  must(setup_.allows(models_in_memory_and(instance)),
       "it takes memory beside models that no combination has all together", instance);
  must(book_.instances()[instance].lives_in_memory == 0,
       "it takes memory while its earlier life holds it", instance);
  must(setup_.most == 0 || book_.loaded() < setup_.most, "more than maxLoaded hold memory",
       instance);
  for (const Instance other : book_.in_line()) {
    if (other == instance) {
      break;
    }
    must(!excludes(instance, other), "it takes the room of one that waits longer", instance);
  }
}

void Rules::judge(const Sleep& effect) {
  if (!names_current_life(effect.instance, effect.incarnation)) {
    return;
  }
  const InstanceEntry& entry = book_.instances()[effect.instance];
  must(setup_.specs[effect.instance].can_sleep, "it is put to sleep and cannot", effect.instance);
  must(entry.ready() && entry.published == State::Draining, "it is put to sleep and is not drained",
       effect.instance);
  must(!gates_[effect.instance].open && gates_[effect.instance].in_flight == 0,
       "it is put to sleep with requests", effect.instance);
  must(!entry.found_failing, "one that fails is put to sleep", effect.instance);
  must(!setup_.leaves[effect.instance], "one that leaves is put to sleep", effect.instance);
  must(has_reason_to_go(effect.instance), "it is put to sleep and nobody wants that",
       effect.instance);
}

void Rules::judge(const Wake& effect) {
  if (!names_current_life(effect.instance, effect.incarnation)) {
    return;
  }
  const InstanceEntry& entry = book_.instances()[effect.instance];
  must(entry.alive && entry.asleep && !entry.stopped, "it is woken and does not sleep",
       effect.instance);
  must(!book_.shutting_down(), "it is woken during the shutdown", effect.instance);
  must(is_wanted(effect.instance), "it is woken and nobody waits for it", effect.instance);
  judge_memory_of(effect.instance);
}

bool Rules::has_reason_to_go(Instance instance) const {
  return setup_.leaves[instance] || book_.in_the_way(instance) ||
         book_.instances()[instance].found_failing || book_.sleep_asked(instance) ||
         (book_.idle_for_long(instance) && book_.oldest_wanting(instance) == 0);
}

void Rules::judge(const Spawn& effect) {
  if (effect.instance >= book_.instances().size()) {
    must(false, "there is no such instance", effect.instance);
    return;
  }
  const InstanceEntry& entry = book_.instances()[effect.instance];
  must(!entry.alive, "it starts while its earlier process lives", effect.instance);
  must(effect.incarnation > entry.incarnation, "a life has a number that is not new",
       effect.instance);
  must(!book_.shutting_down(), "it starts during the shutdown", effect.instance);
  must(is_wanted(effect.instance), "it starts and nobody waits for it", effect.instance);
  must(!book_.backs_off(effect.instance), "it starts before its back-off is over", effect.instance);
  judge_memory_of(effect.instance);
}

void Rules::judge(const Stop& effect) {
  if (!names_current_life(effect.instance, effect.incarnation)) {
    return;
  }
  const InstanceEntry& entry = book_.instances()[effect.instance];
  must(entry.alive, "it is stopped after its exit", effect.instance);
  must(!entry.stopped, "it is stopped twice", effect.instance);
  must(!gates_[effect.instance].open, "it is stopped while its gate is open", effect.instance);
  if (entry.unload_asked || book_.shutting_down() || entry.gave_up) {
    return;
  }
  if (entry.sleep_failed || entry.wake_failed) {
    return;
  }
  const bool loads = !entry.passed || entry.waking();
  must(!loads || book_.oldest_wanting(effect.instance) == 0,
       "a start is stopped that somebody waits for", effect.instance);
  must(!loads || setup_.leaves[effect.instance] || !book_.siblings_are_busy(effect.instance),
       "a start is stopped whose model is busy", effect.instance);
  must(!loads || setup_.leaves[effect.instance] || setup_.matrix || goes_for_rules(effect.instance),
       "a start is stopped for a limit", effect.instance);
  const auto stop_after = setup_.specs[effect.instance].stop_after;
  if (entry.asleep && setup_.leaves[effect.instance]) {
    return;
  }
  if (entry.asleep) {
    must(stop_after.count() > 0 && entry.asleep_since + stop_after <= book_.now() &&
             book_.oldest_wanting(effect.instance) == 0,
         "it is stopped while it may sleep", effect.instance);
    return;
  }
  must(has_reason_to_go(effect.instance), "it is stopped and nobody waits for that",
       effect.instance);
  must(gates_[effect.instance].in_flight == 0 ||
           (entry.published == State::Draining &&
            book_.now() >= entry.draining_since + drain_limit(effect.instance)),
       "it is stopped with requests in flight", effect.instance);
}

std::chrono::milliseconds Rules::drain_limit(Instance instance) const {
  const InstanceSpec& spec = setup_.specs[instance];
  return book_.instances()[instance].found_failing ? std::min(spec.drain_timeout, spec.max_wait)
                                                   : spec.drain_timeout;
}

void Rules::judge(const OpenGate& effect) {
  if (!names_current_life(effect.instance, effect.incarnation)) {
    return;
  }
  must(book_.instances()[effect.instance].ready(), "its gate opens and it is not ready",
       effect.instance);
  must(!gates_[effect.instance].open, "its gate is opened twice", effect.instance);
  must(!setup_.leaves[effect.instance], "it leaves and its gate opens", effect.instance);
}

void Rules::judge(const CloseGate& effect) {
  if (!names_current_life(effect.instance, effect.incarnation)) {
    return;
  }
  // A gate that is closed already is asked for its count again that way; one of a life that ended
  // may be open still.
  must(book_.instances()[effect.instance].ready() || gates_[effect.instance].open,
       "its gate is closed and it is not ready", effect.instance);
}

void Rules::judge(const WatchIdle& effect) {
  if (!names_current_life(effect.instance, effect.incarnation)) {
    return;
  }
  must(book_.instances()[effect.instance].ready() && gates_[effect.instance].open,
       "it is watched and its gate is not open", effect.instance);
}

void Rules::judge(const Grant& effect) {
  if (!names_waiting(effect.ticket) || !names_current_life(effect.instance, effect.incarnation)) {
    return;
  }
  const TicketEntry& ticket = book_.ticket(effect.ticket);
  const InstanceEntry& entry = book_.instances()[effect.instance];
  must(ticket.asked == Asked::Request, "an operator is granted a lease", effect.instance);
  must(setup_.crew_of[ticket.instance] == setup_.crew_of[effect.instance],
       "a lease of another model is granted", effect.instance);
  judge_choice(effect.instance);
  must(entry.ready(), "a lease is granted and it is not ready", effect.instance);
  must(!book_.shutting_down(), "a lease is granted during the shutdown", effect.instance);
  must(!entry.found_failing, "a lease is granted of one that was found failing", effect.instance);
  must(entry.published == State::Ready, "a lease is granted while it drains", effect.instance);
  // Through an open gate only the gate itself counts.
  const std::size_t in_flight =
      gates_[effect.instance].open ? entry.use.in_flight : gates_[effect.instance].in_flight;
  must(in_flight < setup_.specs[effect.instance].concurrency_limit,
       "a lease is granted beyond the concurrency limit", effect.instance);
  const auto& line = book_.in_line();
  // Whoever has just become ready serves those it was started for; a timer may be late; and who is
  // the first in line only since this step, or since the end of the one before, cannot have been
  // waited for.
  if (first_ && first_is_known_ && !line.empty() && line.front() == *first_ &&
      !gates_[effect.instance].open && setup_.evicts(*first_, effect.instance) &&
      came_back_ != effect.instance && !std::holds_alternative<ProbePassed>(event_->what)) {
    must(ticket.arrived <= first_patience_ends_,
         "a newcomer is served when others have waited longer than max_wait", effect.instance);
  }
}

/// Of those that may take the next request it is the one with the least to do.
void Rules::judge_choice(Instance instance) {
  const bool open = gates_[instance].open;
  const InstanceEntry& chosen = book_.instances()[instance];
  const auto has_less = [&](const InstanceEntry& other, Instance member) {
    if (member == instance || other.published != State::Ready || gates_[member].open != open) {
      return false;
    }
    return open ? other.use.in_flight < chosen.use.in_flight
                : other.count_known && !other.found_failing && other.count < chosen.count;
  };
  must(!book_.any_of_crew(instance, has_less), "a lease is granted and another has less to do",
       instance);
}

void Rules::judge(const Done& effect) {
  if (!names_waiting(effect.ticket)) {
    return;
  }
  const Instance instance = book_.ticket(effect.ticket).instance;
  const auto any = [&](auto predicate) {
    return book_.any_of_crew(
        instance, [&](const InstanceEntry& entry, Instance) { return predicate(entry); });
  };
  switch (book_.ticket(effect.ticket).asked) {
    case Asked::Sleep:
      must(any([](const InstanceEntry& entry) { return entry.asleep; }) &&
               !any([](const InstanceEntry& entry) { return entry.lives() && !entry.asleep; }),
           "a sleep is done and it does not sleep", instance);
      break;
    case Asked::Load:
      must(any([](const InstanceEntry& entry) { return entry.ready(); }),
           "a load is done and it is not ready", instance);
      break;
    case Asked::Unload:
      must(!any([](const InstanceEntry& entry) { return entry.alive; }),
           "an unload is done and its process lives", instance);
      break;
    default:
      must(false, "a request is answered with Done", instance);
  }
}

void Rules::judge(const Refuse& effect) {
  if (!names_waiting(effect.ticket)) {
    return;
  }
  const TicketEntry& ticket = book_.ticket(effect.ticket);
  must(ticket.asked != Asked::Unload, "an unload is refused", ticket.instance);
  must(effect.retry_after > seconds(0) || effect.reason == Refusal::StartFailed ||
           effect.reason == Refusal::CannotSleep,
       "a refusal does not say when to try again", ticket.instance);
  must(!effect.why.empty(), "a refusal does not say why", ticket.instance);
  judge_reason(effect, ticket);
}

}  // namespace llmsnap::test
