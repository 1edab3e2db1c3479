// How the planner's effects are done.
#include <utility>

#include "schedule/control_thread.h"
#include "schedule/refusal_error.h"

namespace llmsnap::schedule {
namespace {

/// A server that is told to end while it is still at a request whose client has just left may hang
/// for ever (llama-server does: its signal handler takes a lock), and one that is told to sleep may
/// die (vLLM); so it gets time to notice.
constexpr std::chrono::milliseconds TimeToNotice{50};

}  // namespace

void ControlThread::apply(const Spawn& effect) {
  ++living_;
  member(effect.instance).gate.begin(effect.incarnation, 0);
  member(effect.instance).runner->start(effect.incarnation);
}

void ControlThread::apply(const Stop& effect) {
  member(effect.instance).last_stop.was_told(effect.incarnation, effect.why);
  give(&process::Runner::stop, effect.instance, effect.incarnation);
}

/// At once, or as soon as its server has had the time to notice a departure.
void ControlThread::give(LateOrder::Order order, Instance instance, Incarnation incarnation) {
  const Time noticed = member(instance).answers.broken_off_at() + TimeToNotice;
  if (noticed > SteadyClock::now()) {
    late_orders_[instance]->give_at(noticed, order, incarnation);
  } else {
    late_orders_[instance]->disarm();
    (*member(instance).runner.*order)(incarnation);
  }
}

std::vector<Use> ControlThread::uses() const {
  std::vector<Use> uses;
  uses.reserve(members_.size());
  for (const auto& member : members_) {
    uses.push_back(member == nullptr ? Use()
                                     : Use{member->gate.inside(),
                                           member->last_use.load(std::memory_order_acquire)});
  }
  return uses;
}

void ControlThread::apply(const Sleep& effect) {
  give(&process::Runner::sleep, effect.instance, effect.incarnation);
}

void ControlThread::apply(const Wake& effect) {
  member(effect.instance).runner->wake(effect.incarnation);
}

void ControlThread::apply(const OpenGate& effect) {
  member(effect.instance).gate.open(effect.incarnation);
  idle_checks_[effect.instance]->begin();
}

void ControlThread::apply(const CloseGate& effect) {
  feed(InFlight{effect.instance, effect.incarnation,
                member(effect.instance).gate.close(effect.incarnation)});
}

void ControlThread::apply(const WatchIdle& effect) {
  if (member(effect.instance).gate.watch(effect.incarnation) == 0) {
    feed(InFlight{effect.instance, effect.incarnation, 0});
  }
}

void ControlThread::apply(const Grant& effect) {
  Member& chosen = member(effect.instance);
  const auto admission = chosen.gate.enter_granted(effect.incarnation);
  if (auto waiting = requests_.extract(effect.ticket)) {
    granted_.emplace_back(
        std::move(waiting.mapped().answer),
        Admission{admission.entry, chosen.place, admission.incarnation, admission.port});
  }
}

void ControlThread::apply(const Done& effect) {
  if (auto waiting = operators_.extract(effect.ticket)) {
    waiting.mapped()({});
  }
}

void ControlThread::apply(const Refuse& effect) {
  if (auto request = requests_.extract(effect.ticket)) {
    const Waiting& waiting = request.mapped();
    waiting.answer(effect.reason == Refusal::AtConcurrencyLimit ? Control::at_limit(waiting.model)
                                                                : refusal_error(effect));
  } else if (auto waiting = operators_.extract(effect.ticket)) {
    waiting.mapped()(refusal_error(effect));
  }
}

/// Its runner may be what tells of this: it goes later.
void ControlThread::apply(const Vacated& effect) {
  late_orders_[effect.instance].reset();
  idle_checks_[effect.instance].reset();
  loop_.post(
      [member = std::exchange(members_[effect.instance], nullptr)] { member->runner.reset(); });
  const MutexLock lock(mutex_);
  std::erase_if(leaving_, [this](const Handle& model) { return any_present(model) == nullptr; });
}

void ControlThread::apply(const Publish& effect) {
  const Time now = SteadyClock::now();
  const ModelEvent event = member(effect.instance).shown.change(effect);
  history_.add(event);
  const auto lasted = now - std::exchange(member(effect.instance).since, now);
  options_.log.write(effect.to == State::Failed ? LogLevel::Warn : LogLevel::Info,
                     change_line(event, lasted));
  if (options_.on_change) {
    options_.on_change(event);
  }
}

}  // namespace llmsnap::schedule
