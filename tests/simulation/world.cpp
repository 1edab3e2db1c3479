#include "simulation/world.h"

#include <algorithm>
#include <variant>

namespace llmsnap::test {

using namespace schedule;
using std::chrono::milliseconds;

World::World(const Setup& setup, Dice& dice)
    : setup_(setup),
      dice_(dice),
      now_(std::chrono::seconds(1'000)),
      gates_(setup.specs.size()),
      exited_(setup.specs.size()),
      tenants_(setup.specs.size()) {
  tickets_.push_back({});  // no ticket 0, so that a forgotten one is seen
  pending_.push_back({now_, Kind::ClientArrives});
  later(dice_.span(0, setup_.operator_gap), {{}, Kind::OperatorActs});
}

void World::later(milliseconds delay, Pending pending) {
  pending.due = now_ + delay;
  pending_.push_back(pending);
}

Event World::event(decltype(Event::what) what) const {
  Event event{now_, std::move(what)};
  for (const FakeGate& gate : gates_) {
    event.uses.push_back({gate.in_flight, gate.last_use});
  }
  return event;
}

// Of what is due at about the same time, any may come first.
std::size_t World::choose() {
  Time first = Time::max();
  for (const Pending& pending : pending_) {
    first = std::min(first, pending.due);
  }
  const Time last = std::max(first, now_) + dice_.span(0, 20);
  std::size_t chosen = 0;
  std::size_t candidates = 0;
  for (std::size_t index = 0; index < pending_.size(); ++index) {
    if (pending_[index].due <= last && dice_.below(++candidates) == 0) {
      chosen = index;
    }
  }
  return chosen;
}

std::optional<Event> World::next(Time deadline) {
  for (;;) {
    if (pending_.empty()) {
      if (deadline == Time::max()) {
        return std::nullopt;
      }
      now_ = std::max(now_, deadline);
      return event(TimePassed{});
    }
    const std::size_t index = choose();
    const Pending chosen = pending_[index];
    const Time then = std::max(now_, chosen.due);
    // Timers are late sometimes, and news comes before them.
    const bool timer_late = then - milliseconds(30) <= deadline && dice_.chance(10);
    if (deadline <= then && deadline != Time::max() && !timer_late) {
      now_ = std::max(now_, deadline) + (dice_.chance(20) ? dice_.span(0, 10) : milliseconds(0));
      return event(TimePassed{});
    }
    now_ = then;
    pending_[index] = pending_.back();
    pending_.pop_back();
    if (auto news = happen(chosen)) {
      return news;
    }
    if (dice_.chance(1)) {
      return event(TimePassed{});  // before its time, which must do no harm
    }
  }
}

std::optional<Event> World::happen(const Pending& pending) {
  switch (pending.kind) {
    case Kind::ClientArrives:
      return client_arrives();
    case Kind::OperatorActs:
      return operator_acts();
    case Kind::TicketSent:
      // To one that is gone nobody leads any more.
      return pending.tenant == tenants_[pending.instance] ? send_ticket(pending.instance)
                                                          : std::nullopt;
    case Kind::ClientLeft:
      return client_left(pending.ticket);
    case Kind::RequestEnds:
      leave(pending);
      return std::nullopt;
    case Kind::ProbePassed:
      return event(ProbePassed{pending.instance, pending.incarnation});
    case Kind::ProbeGaveUp:
      return event(ProbeGaveUp{pending.instance, pending.incarnation, "no answer"});
    case Kind::ChildExited:
      return child_exited(pending);
    case Kind::MemoryReleased:
      return event(MemoryReleased{pending.instance, pending.incarnation});
    case Kind::FoundFailing:
      return event(FoundFailing{pending.instance, pending.incarnation, "status 500"});
    case Kind::FellAsleep:
      return event(FellAsleep{pending.instance, pending.incarnation});
    case Kind::SleepFailed:
      return event(SleepFailed{pending.instance, pending.incarnation, "status 500"});
    case Kind::WakeFailed:
      return event(WakeFailed{pending.instance, pending.incarnation, "status 500"});
    case Kind::Hint:
      return deliver_hint(pending);
  }
  return std::nullopt;
}

Instance World::popular_instance() {
  std::vector<Instance> present;
  for (Instance instance = 0; instance < gates_.size(); ++instance) {
    if (!setup_.leaves[instance]) {
      present.push_back(instance);
    }
  }
  const std::size_t count = present.size();
  return present[std::min(dice_.below(count), dice_.below(count))];
}

std::optional<Event> World::new_config() {
  return event(Retired{popular_instance(), "its config has changed"});
}

void World::place(Instance instance) {
  if (instance >= gates_.size()) {
    gates_.resize(instance + 1);
    exited_.resize(instance + 1);
    tenants_.resize(instance + 1);
  }
  gates_[instance] = FakeGate{.incarnation = gates_[instance].incarnation};
}

std::optional<Event> World::client_arrives() {
  if (settling_) {
    return std::nullopt;
  }
  // Now and then nobody comes for so long that failures are forgiven and back-offs end.
  later(dice_.chance(2) ? dice_.span(1'000, 100'000) : dice_.span(0, setup_.arrival_gap),
        {{}, Kind::ClientArrives});
  const Instance instance = popular_instance();
  const std::vector<Instance> crew = setup_.crew(instance);
  if (const auto open = with_room(crew)) {
    enter(*open);
    return dice_.chance(10) ? std::optional(event(KeepAliveAsked{*open, random_keep_alive()}))
                            : std::nullopt;
  }
  if (std::all_of(crew.begin(), crew.end(), [this](Instance one) { return gates_[one].open; })) {
    return std::nullopt;  // all are full
  }
  if (dice_.chance(setup_.late_ticket)) {
    later(dice_.span(0, 500), {{}, Kind::TicketSent, instance, 0, 0, tenants_[instance]});
    return std::nullopt;
  }
  return send_ticket(instance);
}

std::optional<Instance> World::with_room(const std::vector<Instance>& crew) const {
  std::optional<Instance> best;
  for (const Instance one : crew) {
    const FakeGate& gate = gates_[one];
    if (gate.open && gate.in_flight < setup_.specs[one].concurrency_limit &&
        (!best || gate.in_flight < gates_[*best].in_flight)) {
      best = one;
    }
  }
  return best;
}

KeepAlive World::random_keep_alive() {
  return dice_.chance(20) ? KeepAlive{} : KeepAlive{dice_.span(0, 10'000)};
}

std::optional<Event> World::send_ticket(Instance instance) {
  const Ticket ticket = tickets_.size();
  tickets_.push_back({instance});
  if (dice_.chance(setup_.impatience)) {
    later(dice_.span(0, setup_.patience), {{}, Kind::ClientLeft, instance, 0, ticket});
  }
  return event(RequestArrived{ticket, instance});
}

std::optional<Event> World::client_left(Ticket ticket) {
  // Whoever leaves just when the answer comes has its departure told all the same.
  if (tickets_[ticket].answered && dice_.chance(50)) {
    return std::nullopt;
  }
  return event(TicketCancelled{ticket});
}

std::optional<Event> World::operator_acts() {
  if (settling_) {
    return std::nullopt;
  }
  later(dice_.span(0, setup_.operator_gap), {{}, Kind::OperatorActs});
  if (setup_.shuts_down && !shutting_down_ && dice_.chance(2)) {
    shutting_down_ = true;
    return event(ShutdownBegun{});
  }
  if (dice_.chance(setup_.reload)) {
    return new_config();
  }
  const Instance instance = popular_instance();
  const Ticket ticket = tickets_.size();
  tickets_.push_back({instance});
  if (dice_.chance(setup_.impatience / 2)) {
    later(dice_.span(0, setup_.patience), {{}, Kind::ClientLeft, instance, 0, ticket});
  }
  if (dice_.chance(25)) {
    return event(SleepAsked{ticket, instance});
  }
  if (dice_.chance(50)) {
    return event(LoadAsked{ticket, instance});
  }
  return event(UnloadAsked{ticket, instance});
}

void World::enter(Instance instance) {
  ++gates_[instance].in_flight;
  later(dice_.span(0, setup_.hold),
        {{}, Kind::RequestEnds, instance, gates_[instance].incarnation});
}

void World::leave(const Pending& request) {
  FakeGate& gate = gates_[request.instance];
  const milliseconds delay = dice_.chance(15) ? dice_.span(1, 2'000) : dice_.span(0, 5);
  if (request.incarnation != gate.incarnation) {
    if (dice_.chance(20)) {
      later(delay, {{}, Kind::Hint, request.instance, request.incarnation});
    }
    return;
  }
  --gate.in_flight;
  gate.last_use = now_;
  const bool idle = gate.watched && gate.in_flight == 0;
  const bool tells = !gate.open || idle;
  gate.watched = gate.watched && !idle;
  if (tells) {
    hint(request.instance, delay);
  }
}

void World::hint(Instance instance, milliseconds delay) {
  ++gates_[instance].hints_pending;
  later(delay, {{}, Kind::Hint, instance, gates_[instance].incarnation});
}

std::optional<Event> World::deliver_hint(const Pending& pending) {
  FakeGate& gate = gates_[pending.instance];
  if (gate.incarnation == pending.incarnation) {
    --gate.hints_pending;
    return event(InFlight{pending.instance, pending.incarnation, gate.in_flight});
  }
  if (dice_.chance(50)) {
    return std::nullopt;
  }
  return event(InFlight{pending.instance, pending.incarnation, dice_.below(3)});
}

void World::answered(Ticket ticket) {
  if (ticket < tickets_.size()) {
    tickets_[ticket].answered = true;
  }
}

void World::let_somebody_act() {
  if (!dice_.chance(setup_.between_effects)) {
    return;
  }
  if (!settling_ && dice_.chance(60)) {
    const auto instance = static_cast<Instance>(dice_.below(gates_.size()));
    const FakeGate& gate = gates_[instance];
    if (gate.open && gate.in_flight < setup_.specs[instance].concurrency_limit) {
      enter(instance);
    }
    return;
  }
  for (std::size_t index = 0; index < pending_.size(); ++index) {
    if (pending_[index].kind == Kind::RequestEnds) {
      const Pending request = pending_[index];
      pending_[index] = pending_.back();
      pending_.pop_back();
      leave(request);
      return;
    }
  }
}

void World::apply(const Effect& effect) {
  std::visit([this](const auto& what) { carry_out(what); }, effect);
}

void World::carry_out(const OpenGate& effect) {
  gates_[effect.instance].open = true;
  gates_[effect.instance].watched = false;
}

void World::carry_out(const CloseGate& effect) {
  gates_[effect.instance].open = false;
  gates_[effect.instance].watched = false;
  hint(effect.instance, dice_.chance(10) ? dice_.span(0, 500) : dice_.span(0, 5));
}

void World::carry_out(const WatchIdle& effect) {
  FakeGate& gate = gates_[effect.instance];
  gate.watched = true;
  if (gate.in_flight == 0) {
    hint(effect.instance, dice_.span(0, 5));
  }
}

void World::carry_out(const Grant& effect) {
  answered(effect.ticket);
  enter(effect.instance);
}

}  // namespace llmsnap::test
