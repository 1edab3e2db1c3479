#include "simulation/book.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace llmsnap::test {

using namespace schedule;
using std::chrono::seconds;

namespace {

constexpr seconds ForgivenAfter{60};

}  // namespace

Book::Book(const Setup& setup) : setup_(setup), instances_(setup.specs.size()), tickets_(1) {
  for (const std::size_t crew : setup.crew_of) {
    crews_[crew];
  }
}

void Book::place(Instance instance) {
  if (instance >= instances_.size()) {
    instances_.resize(instance + 1);
  }
  InstanceEntry fresh;
  fresh.incarnation = instances_[instance].incarnation;
  fresh.gave_back = std::move(instances_[instance].gave_back);  // its release is still to be told
  instances_[instance] = std::move(fresh);
  crews_[setup_.crew_of[instance]];
}

void Book::note(const Event& event, const std::vector<FakeGate>& gates) {
  now_ = event.now;
  ++step_;
  gates_ = &gates;
  for (std::size_t i = 0; i < event.uses.size(); ++i) {
    instances_[i].use = event.uses[i];
  }
  std::visit([this](const auto& what) { see(what); }, event.what);
}

void Book::note(const Effect& effect) {
  std::visit([this](const auto& what) { see(what); }, effect);
}

const TicketEntry& Book::ticket(Ticket ticket) const {
  return tickets_[ticket < tickets_.size() ? ticket : 0];
}

Ticket Book::oldest_wanting(Instance instance) const {
  for (const Ticket ticket : crew(instance).waiting) {
    if (tickets_[ticket].asked == Asked::Request || tickets_[ticket].asked == Asked::Load) {
      return ticket;
    }
  }
  return 0;
}

std::size_t Book::count(Instance instance, Asked asked) const {
  const auto& waiting = crew(instance).waiting;
  return static_cast<std::size_t>(
      std::count_if(waiting.begin(), waiting.end(),
                    [this, asked](Ticket ticket) { return tickets_[ticket].asked == asked; }));
}

std::size_t Book::wanting(Instance instance) const {
  return count(instance, Asked::Request) + count(instance, Asked::Load);
}

std::size_t Book::waiting_requests(Instance instance) const {
  return count(instance, Asked::Request);
}

std::size_t Book::loaded() const {
  return static_cast<std::size_t>(
      std::count_if(instances_.begin(), instances_.end(),
                    [](const InstanceEntry& entry) { return entry.lives_in_memory > 0; }));
}

void Book::enter(Ticket ticket, Instance instance, Asked asked) {
  if (ticket >= tickets_.size()) {
    tickets_.resize(ticket + 1);
  }
  tickets_[ticket] = {asked, Fate::Waiting, instance, now_, step_};
  its_crew(instance).waiting.push_back(ticket);
}

void Book::end(Ticket ticket, Fate fate) {
  TicketEntry& entry = tickets_[ticket];
  entry.fate = fate;
  std::erase(its_crew(entry.instance).waiting, ticket);
}

void Book::see(const RequestArrived& event) {
  enter(event.ticket, event.instance, Asked::Request);
}

void Book::see(const LoadAsked& event) {
  enter(event.ticket, event.instance, Asked::Load);
  for (const Instance member : setup_.crew(event.instance)) {
    instances_[member].failures = 0;
  }
}

void Book::see(const SleepAsked& event) {
  enter(event.ticket, event.instance, Asked::Sleep);
}

void Book::see(const KeepAliveAsked& event) {
  auto& keep_alive = its_crew(event.instance).keep_alive;
  keep_alive = event.keep_alive;
  const auto most = setup_.specs[event.instance].max_keep_alive;
  if (most && (!keep_alive->time || *keep_alive->time > *most)) {
    keep_alive->time = most;
  }
}

void Book::see(const FellAsleep& event) {
  InstanceEntry& entry = instances_[event.instance];
  if (entry.incarnation == event.incarnation && entry.published == State::SleepPending) {
    entry.asleep = true;
    entry.asleep_since = now_;
    entry.gave_back.insert(event.incarnation);
    --entry.lives_in_memory;
  }
}

void Book::see(const SleepFailed& event) {
  InstanceEntry& entry = instances_[event.instance];
  entry.sleep_failed |=
      entry.incarnation == event.incarnation && entry.published == State::SleepPending;
}

void Book::see(const WakeFailed& event) {
  InstanceEntry& entry = instances_[event.instance];
  entry.wake_failed |= entry.incarnation == event.incarnation && entry.published == State::Waking;
}

void Book::see(const UnloadAsked& event) {
  enter(event.ticket, event.instance, Asked::Unload);
  for (const Instance member : setup_.crew(event.instance)) {
    instances_[member].unload_asked = instances_[member].alive;
  }
}

void Book::see(const TicketCancelled& event) {
  if (ticket(event.ticket).fate == Fate::Waiting) {
    end(event.ticket, Fate::Cancelled);
  }
}

void Book::see(const ProbePassed& event) {
  InstanceEntry& entry = instances_[event.instance];
  const bool comes_up = (entry.starting() && !entry.gave_up) || entry.waking();
  if (entry.incarnation == event.incarnation && comes_up) {
    entry.passed = true;
    entry.sleeping = false;
    entry.use = {0, now_};
    entry.ready_at = now_;
    entry.count_known = true;
    entry.count = 0;
  }
}

void Book::see(const ProbeGaveUp& event) {
  InstanceEntry& entry = instances_[event.instance];
  if (entry.incarnation == event.incarnation && entry.starting()) {
    entry.gave_up = true;
    failed(entry, false);
  }
}

void Book::forgive_if_ready_long(InstanceEntry& entry) {
  if (entry.ready() && now_ - entry.ready_at >= ForgivenAfter) {
    entry.failures = 0;
  }
}

// The first crash of a ready life may have been one bad request: it is not backed off from.
void Book::failed(InstanceEntry& entry, bool was_ready) {
  ++entry.failures;
  entry.retry_at = now_;
  if (entry.failures > 1 || !was_ready) {
    entry.retry_at += entry.failures < 5 ? seconds(1u << (entry.failures - 1)) : seconds(60);
  }
}

void Book::see(const ChildExited& event) {
  InstanceEntry& entry = instances_[event.instance];
  if (entry.incarnation != event.incarnation || !entry.alive) {
    return;
  }
  forgive_if_ready_long(entry);
  entry.alive = false;
  entry.sleeping = entry.asleep = false;
  if (!entry.stopped && !entry.gave_up) {
    failed(entry, entry.passed);
  }
}

void Book::see(const MemoryReleased& event) {
  InstanceEntry& entry = instances_[event.instance];
  if (!entry.gave_back.contains(event.incarnation)) {
    --entry.lives_in_memory;
  }
}

void Book::see(const FoundFailing& event) {
  InstanceEntry& entry = instances_[event.instance];
  entry.found_failing |= entry.incarnation == event.incarnation && entry.ready();
}

void Book::see(const InFlight& event) {
  InstanceEntry& entry = instances_[event.instance];
  const FakeGate& gate = (*gates_)[event.instance];
  if (gate.incarnation == event.incarnation && !gate.open) {
    entry.count_known = true;
    entry.count = event.count;
  }
  if (gate.incarnation == event.incarnation) {
    entry.watch_asked = false;
  }
}

void Book::see(const Spawn& effect) {
  InstanceEntry& entry = instances_[effect.instance];
  entry.incarnation = effect.incarnation;
  entry.alive = true;
  entry.begun_in = step_;
  entry.passed = entry.gave_up = entry.stopped = entry.unload_asked = false;
  entry.sleeping = entry.asleep = entry.sleep_failed = entry.wake_failed = false;
  entry.found_failing = false;
  entry.count_known = entry.watch_asked = false;
  ++entry.lives_in_memory;
}

void Book::see(const Stop& effect) {
  InstanceEntry& entry = instances_[effect.instance];
  forgive_if_ready_long(entry);
  if (entry.published == State::Draining && !entry.unload_asked && !shutting_down_) {
    its_crew(effect.instance).lost_turn = step_;
  }
  if (entry.found_failing) {
    failed(entry, true);
  }
  entry.stopped = true;
}

void Book::see(const Sleep& effect) {
  InstanceEntry& entry = instances_[effect.instance];
  forgive_if_ready_long(entry);
  its_crew(effect.instance).lost_turn = step_;
  entry.sleeping = true;
}

void Book::see(const Wake& effect) {
  InstanceEntry& entry = instances_[effect.instance];
  entry.asleep = false;
  entry.begun_in = step_;
  entry.gave_back.erase(effect.incarnation);
  ++entry.lives_in_memory;
}

void Book::see(const OpenGate& effect) {
  instances_[effect.instance].count_known = false;
}

void Book::see(const CloseGate& effect) {
  instances_[effect.instance].count_known = false;
  instances_[effect.instance].watch_asked = false;
}

void Book::see(const WatchIdle& effect) {
  instances_[effect.instance].watch_asked = true;
}

void Book::see(const Grant& effect) {
  end(effect.ticket, Fate::Answered);
  ++instances_[effect.instance].count;
}

/// What waits for the others goes on under the number of one of them.
void Book::see(const Vacated& effect) {
  instances_[effect.instance].vacant = true;
  for (const Instance member : setup_.crew(effect.instance)) {
    for (const Ticket ticket : crew(effect.instance).waiting) {
      if (member != effect.instance && tickets_[ticket].instance == effect.instance) {
        tickets_[ticket].instance = member;
      }
    }
  }
}

void Book::see(const Publish& effect) {
  InstanceEntry& entry = instances_[effect.instance];
  entry.published = effect.to;
  if (effect.to == State::Draining) {
    entry.draining_since = now_;
  }
}

}  // namespace llmsnap::test
