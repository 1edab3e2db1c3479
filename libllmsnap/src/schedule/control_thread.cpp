#include "schedule/control_thread.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "process/child_environment.h"
#include "process/instance_marker.h"
#include "process/orphans.h"
#include "schedule/refusal_error.h"

namespace llmsnap::schedule {
namespace {

static_assert(LastIncarnation <= process::Gate::LastIncarnation);

/// A server that is told to end while it is still at a request whose client has just left may hang
/// for ever (llama-server does: its signal handler takes a lock), and one that is told to sleep may
/// die (vLLM); so it gets time to notice.
constexpr std::chrono::milliseconds TimeToNotice{50};

Error superseded(const Handle& instance) {
  return {ErrorCode::Superseded, fmt::format("{}: its config has changed", instance->config.id),
          std::chrono::seconds(1)};
}

}  // namespace

ControlThread::ControlThread(const Config& config, ControlOptions options)
    : options_(std::move(options)),
      environment_(process::this_environment()),
      planner_(policy_of({}, {})),
      alarm_(loop_.timers(), *this) {
  adopt(config);
  thread_ = std::thread([this] { loop_.run(); });
}

/// What a gateway without processes does not need.
void ControlThread::prepare_to_spawn() {
  if (std::exchange(is_prepared_, true)) {
    return;
  }
  for (const process::Leftover& leftover : process::kill_leftovers()) {
    options_.log.warn(fmt::format("process {} ({}) of a gateway that died is ended", leftover.pid,
                                  leftover.command));
  }
  if (auto guard = process::GroupGuard::start()) {
    guard_ = std::move(*guard);
  } else {
    options_.log.error("no model can be started: " + guard.error().message);
  }
}

Handle ControlThread::add(const Config& config, const ModelConfig& model,
                          std::shared_ptr<OutputLog> output) {
  prepare_to_spawn();
  auto member = std::make_shared<Member>(model, std::move(output));  // the fleet's, and its users'
  member->number = planner_.add_instance(spec_of(config, model));
  member->runner = std::make_unique<process::Runner>(
      member->config, member->number, member->output,
      process::RunnerServices{loop_, options_.engine, guard_.get(), options_.log, environment_},
      events_of(*member));
  if (member->number == members_.size()) {
    members_.emplace_back();
    late_orders_.emplace_back();
    idle_checks_.emplace_back();
  }
  members_[member->number] = member;
  late_orders_[member->number] = std::make_unique<LateOrder>(loop_.timers(), *member->runner);
  idle_checks_[member->number] = std::make_unique<IdleCheck>(loop_.timers(), *member);
  idle_checks_[member->number]->every(model.health_check_interval);
  return member;
}

Adoption ControlThread::adopt(const Config& config) {
  const Handles before = handles();
  Adoption adoption;
  for (const ModelConfig& model : models_with_process(config)) {
    const auto old = before.find(model.id);
    const bool stays = old != before.end() && same_process(old->second->config, model);
    if (stays) {
      planner_.change_spec(old->second->number, spec_of(config, model));
      idle_checks_[old->second->number]->every(model.health_check_interval);
      adoption.kept.push_back(model.id);
      adoption.handles.emplace(model.id, old->second);
    } else if (old != before.end()) {
      old->second->leaves = true;
      adoption.leaving.push_back(old->second);
      adoption.changed.push_back(model.id);
      adoption.handles.emplace(model.id, add(config, model, old->second->output));
    } else {
      adoption.added.push_back(model.id);
      adoption.handles.emplace(model.id, add(config, model, std::make_shared<OutputLog>()));
    }
  }
  for (const auto& [id, member] : before) {
    if (!adoption.handles.contains(id)) {
      member->leaves = true;
      adoption.leaving.push_back(member);
      adoption.removed.push_back(id);
    }
  }
  planner_.change_policy(policy_of(config, members_));
  const MutexLock lock(mutex_);
  present_ = adoption.handles;
  return adoption;
}

void ControlThread::retire(const std::vector<Handle>& leaving) {
  for (const Handle& member : leaving) {
    const bool is_replaced = find(member->config.id) != nullptr;
    feed(Retired{member->number,
                 is_replaced ? "its config has changed" : "the config has it no more"});
  }
  look_around();  // what stays may have a new deadline
}

Handle ControlThread::find(std::string_view id) const {
  const MutexLock lock(mutex_);
  const auto found = present_.find(id);
  return found == present_.end() ? nullptr : found->second;
}

Handles ControlThread::handles() const {
  const MutexLock lock(mutex_);
  return present_;
}

ControlThread::~ControlThread() {
  shutdown();
  loop_.stop();
  thread_.join();
  for (const auto& member : members_) {
    if (member != nullptr) {
      member->runner.reset();  // others may hold the member for longer than there is a loop
    }
  }
}

process::RunnerEvents ControlThread::events_of(Member& member) {
  return {
      .started = [&member](pid_t pid, std::uint16_t port) { member.shown.set_process(pid, port); },
      .ready =
          [this, &member](Incarnation incarnation) {
            member.gate.begin(incarnation, member.runner->port());
            member.answers.begin_life();
            feed(ProbePassed{member.number, incarnation});
          },
      .gave_up =
          [this, &member](Incarnation incarnation, const std::string& why) {
            feed(ProbeGaveUp{member.number, incarnation, why});
          },
      .asleep =
          [this, &member](Incarnation incarnation) {
            feed(FellAsleep{member.number, incarnation});
          },
      .sleep_failed =
          [this, &member](Incarnation incarnation, const std::string& why) {
            feed(SleepFailed{member.number, incarnation, why});
          },
      .wake_failed =
          [this, &member](Incarnation incarnation, const std::string& why) {
            feed(WakeFailed{member.number, incarnation, why});
          },
      .checked =
          [this, &member](Incarnation incarnation, const Result<void>& said) {
            idle_checks_[member.number]->heard(incarnation, said);
          },
      .failing =
          [this, &member](Incarnation incarnation, const std::string& why) {
            feed(FoundFailing{member.number, incarnation, why});
          },
      .ended =
          [this, &member](Incarnation incarnation, const std::string& why) {
            member.shown.set_process(0, 0);
            --living_;
            feed(ChildExited{member.number, incarnation, why});
            feed(MemoryReleased{member.number, incarnation});
            tell_if_all_ended();
          }};
}

/// Feeds one event, and those that follow from its effects.
template <typename What>
void ControlThread::feed(What what) {
  pending_.push_back(Event{SteadyClock::now(), std::move(what)});
  if (feeding_) {
    return;
  }
  feeding_ = true;
  while (!pending_.empty()) {
    Event event = std::move(pending_.front());
    pending_.pop_front();
    event.uses = uses();
    for (const Effect& effect : planner_.handle(event)) {
      std::visit([this](const auto& chosen) { this->apply(chosen); }, effect);
    }
  }
  feeding_ = false;
  alarm_.arm(planner_.next_deadline());
}

void ControlThread::apply(const Spawn& effect) {
  ++living_;
  member(effect.instance).gate.begin(effect.incarnation, 0);
  member(effect.instance).runner->start(effect.incarnation);
}

void ControlThread::apply(const Stop& effect) {
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
  const auto admission = member(effect.instance).gate.enter_granted(effect.incarnation);
  if (auto waiting = requests_.extract(effect.ticket)) {
    waiting.mapped().answer(admission);
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
    waiting.answer(effect.reason == Refusal::AtConcurrencyLimit
                       ? Control::at_limit(waiting.instance)
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

void ControlThread::take_request(Ticket ticket, const Handle& instance,
                                 Control::RequestAnswer answer) {
  // It may have opened while the request was on its way here.
  const auto admission = instance->gate.try_enter();
  if (admission.entry == process::Gate::Entry::Entered) {
    answer(admission);
  } else if (admission.entry == process::Gate::Entry::Full) {
    answer(Control::at_limit(instance));
  } else if (!has(instance)) {
    answer(superseded(instance));
  } else {
    requests_.emplace(ticket, Waiting{instance, std::move(answer)});
    feed(RequestArrived{ticket, instance->number});
  }
}

template <typename What>
void ControlThread::take_wish(Ticket ticket, const Handle& instance,
                              Control::OperatorAnswer answer) {
  if (!has(instance)) {
    answer(superseded(instance));
    return;
  }
  operators_.emplace(ticket, std::move(answer));
  feed(What{ticket, instance->number});
}

void ControlThread::take_load(Ticket ticket, const Handle& instance,
                              Control::OperatorAnswer answer) {
  take_wish<LoadAsked>(ticket, instance, std::move(answer));
}

void ControlThread::take_sleep(Ticket ticket, const Handle& instance,
                               Control::OperatorAnswer answer) {
  take_wish<SleepAsked>(ticket, instance, std::move(answer));
}

void ControlThread::take_unload(Ticket ticket, const Handle& instance,
                                Control::OperatorAnswer answer) {
  take_wish<UnloadAsked>(ticket, instance, std::move(answer));
}

void ControlThread::take_keep_alive(const Handle& instance, const KeepAlive& keep_alive) {
  if (has(instance)) {
    feed(KeepAliveAsked{instance->number, keep_alive});
  }
}

void ControlThread::take_cancel(Ticket ticket) {
  if (requests_.erase(ticket) + operators_.erase(ticket) > 0) {
    feed(TicketCancelled{ticket});
  }
}

void ControlThread::look_at_gate(const Handle& instance, Incarnation incarnation) {
  const auto inside = instance->gate.inside(incarnation);
  if (inside && has(instance)) {
    feed(InFlight{instance->number, incarnation, *inside});
  }
}

void ControlThread::look_around() {
  feed(TimePassed{});
}

void ControlThread::reap_orphans() {
  if (guard_ != nullptr) {
    guard_->ensure_alive();
  }
  process::reap_orphans(guard_.get());
}

void ControlThread::shutdown() {
  std::promise<void> ended;
  auto done = ended.get_future();
  loop_.post([this, &ended] { began_shutdown(ended); });
  done.wait();
}

void ControlThread::began_shutdown(std::promise<void>& ended) {
  shutdowns_.push_back(&ended);
  feed(ShutdownBegun{});
  tell_if_all_ended();
}

void ControlThread::tell_if_all_ended() {
  if (living_ == 0) {
    for (std::promise<void>* ended : std::exchange(shutdowns_, {})) {
      ended->set_value();
    }
  }
}

}  // namespace llmsnap::schedule
