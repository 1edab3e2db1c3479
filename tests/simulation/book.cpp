#include "simulation/book.h"

#include <algorithm>
#include <variant>

namespace llmsnap::test {

using namespace schedule;
using std::chrono::seconds;

namespace {

constexpr seconds ForgivenAfter{60};

}  // namespace

Book::Book(const Setup& setup) : setup_(setup), instances_(setup.specs.size()), tickets_(1) {}

void Book::note(const Event& event, const std::vector<FakeGate>& gates) {
  now_ = event.now;
  ++step_;
  gates_ = &gates;
  std::visit([this](const auto& what) { see(what); }, event.what);
}

void Book::note(const Effect& effect) {
  std::visit([this](const auto& what) { see(what); }, effect);
}

const TicketEntry& Book::ticket(Ticket ticket) const {
  return tickets_[ticket < tickets_.size() ? ticket : 0];
}

Ticket Book::oldest_wanting(Instance instance) const {
  for (const Ticket ticket : instances_[instance].waiting) {
    if (tickets_[ticket].asked != Asked::Unload) {
      return ticket;
    }
  }
  return 0;
}

std::size_t Book::wanting(Instance instance) const {
  const auto& waiting = instances_[instance].waiting;
  return static_cast<std::size_t>(
      std::count_if(waiting.begin(), waiting.end(),
                    [this](Ticket ticket) { return tickets_[ticket].asked != Asked::Unload; }));
}

std::size_t Book::waiting_requests(Instance instance) const {
  const auto& waiting = instances_[instance].waiting;
  return static_cast<std::size_t>(
      std::count_if(waiting.begin(), waiting.end(),
                    [this](Ticket ticket) { return tickets_[ticket].asked == Asked::Request; }));
}

bool Book::in_the_way(Instance other) const {
  for (Instance target = 0; target < instances_.size(); ++target) {
    const InstanceEntry& entry = instances_[target];
    if ((!entry.alive || entry.stopped) && setup_.evicts(target, other) &&
        oldest_wanting(target) != 0) {
      return true;
    }
  }
  return false;
}

bool Book::backs_off(Instance instance) const {
  return instances_[instance].failures != 0 && now_ < instances_[instance].retry_at;
}

std::size_t Book::turn(Instance instance) const {
  return std::max(tickets_[oldest_wanting(instance)].step * 2,
                  instances_[instance].lost_turn * 2 + 1);
}

const std::vector<Instance>& Book::in_line() const {
  line_.clear();
  for (Instance instance = 0; instance < instances_.size(); ++instance) {
    const InstanceEntry& entry = instances_[instance];
    if ((!entry.alive || entry.stopped) && oldest_wanting(instance) != 0) {
      line_.push_back(instance);
    }
  }
  std::sort(line_.begin(), line_.end(),
            [this](Instance one, Instance other) { return turn(one) < turn(other); });
  return line_;
}

void Book::enter(Ticket ticket, Instance instance, Asked asked) {
  if (ticket >= tickets_.size()) {
    tickets_.resize(ticket + 1);
  }
  tickets_[ticket] = {asked, Fate::Waiting, instance, now_, step_};
  instances_[instance].waiting.push_back(ticket);
}

void Book::end(Ticket ticket, Fate fate) {
  TicketEntry& entry = tickets_[ticket];
  entry.fate = fate;
  std::erase(instances_[entry.instance].waiting, ticket);
}

void Book::see(const RequestArrived& event) {
  enter(event.ticket, event.instance, Asked::Request);
}

void Book::see(const LoadAsked& event) {
  enter(event.ticket, event.instance, Asked::Load);
  instances_[event.instance].failures = 0;
}

void Book::see(const UnloadAsked& event) {
  enter(event.ticket, event.instance, Asked::Unload);
  instances_[event.instance].unload_asked = instances_[event.instance].alive;
}

void Book::see(const TicketCancelled& event) {
  if (ticket(event.ticket).fate == Fate::Waiting) {
    end(event.ticket, Fate::Cancelled);
  }
}

void Book::see(const ProbePassed& event) {
  InstanceEntry& entry = instances_[event.instance];
  if (entry.incarnation == event.incarnation && entry.starting() && !entry.gave_up) {
    entry.passed = true;
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
  if (!entry.stopped && !entry.gave_up) {
    failed(entry, entry.passed);
  }
}

void Book::see(const MemoryReleased& event) {
  --instances_[event.instance].lives_in_memory;
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
  entry.passed = entry.gave_up = entry.stopped = entry.unload_asked = false;
  entry.found_failing = false;
  entry.count_known = entry.watch_asked = false;
  ++entry.lives_in_memory;
}

void Book::see(const Stop& effect) {
  InstanceEntry& entry = instances_[effect.instance];
  forgive_if_ready_long(entry);
  if (entry.published == State::Draining && !entry.unload_asked && !shutting_down_) {
    entry.lost_turn = step_;
  }
  if (entry.found_failing) {
    failed(entry, true);
  }
  entry.stopped = true;
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

void Book::see(const Publish& effect) {
  InstanceEntry& entry = instances_[effect.instance];
  entry.published = effect.to;
  if (effect.to == State::Draining) {
    entry.draining_since = now_;
  }
}

}  // namespace llmsnap::test
