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

constexpr std::int64_t LongestWait = 60;

/// A server that is told to end while it is still at a request whose client has just left may hang
/// for ever (llama-server does: its signal handler takes a lock), and one that is told to sleep may
/// die (vLLM); so it gets time to notice.
constexpr std::chrono::milliseconds TimeToNotice{50};

}  // namespace

ControlThread::ControlThread(const Config& config, ControlOptions options)
    : options_(std::move(options)),
      environment_(process::this_environment()),
      members_(fleet_of(config)),
      planner_(policy_of(config, members_)),
      board_(names_of(members_)),
      alarm_(loop_.timers(), *this) {
  if (!members_.empty()) {
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
  for (const auto& member : members_) {
    const Instance instance = planner_.add_instance(spec_of(config, member->config));
    member->runner = std::make_unique<process::Runner>(
        member->config, instance,
        process::RunnerServices{loop_, options_.engine, guard_.get(), options_.log, environment_},
        events_of(instance));
    late_orders_.push_back(std::make_unique<LateOrder>(loop_.timers(), *member->runner));
  }
  thread_ = std::thread([this] { loop_.run(); });
}

ControlThread::~ControlThread() {
  shutdown();
  loop_.stop();
  thread_.join();
}

process::RunnerEvents ControlThread::events_of(Instance instance) {
  return {
      .started = [this, instance](pid_t pid,
                                  std::uint16_t port) { board_.set_process(instance, pid, port); },
      .ready =
          [this, instance](Incarnation incarnation) {
            member(instance).gate.begin(incarnation, member(instance).runner->port());
            member(instance).answers.begin_life();
            feed(ProbePassed{instance, incarnation});
          },
      .gave_up =
          [this, instance](Incarnation incarnation, const std::string& why) {
            feed(ProbeGaveUp{instance, incarnation, why});
          },
      .asleep =
          [this, instance](Incarnation incarnation) {
            feed(FellAsleep{instance, incarnation});
          },
      .sleep_failed =
          [this, instance](Incarnation incarnation, const std::string& why) {
            feed(SleepFailed{instance, incarnation, why});
          },
      .wake_failed =
          [this, instance](Incarnation incarnation, const std::string& why) {
            feed(WakeFailed{instance, incarnation, why});
          },
      .failing =
          [this, instance](Incarnation incarnation, const std::string& why) {
            feed(FoundFailing{instance, incarnation, why});
          },
      .ended =
          [this, instance](Incarnation incarnation, const std::string& why) {
            board_.set_process(instance, 0, 0);
            --living_;
            feed(ChildExited{instance, incarnation, why});
            feed(MemoryReleased{instance, incarnation});
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
    uses.push_back({member->gate.inside(), member->last_use.load(std::memory_order_acquire)});
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
    waiting.answer(effect.reason == Refusal::AtConcurrencyLimit ? at_limit(waiting.instance)
                                                                : refusal_error(effect));
  } else if (auto waiting = operators_.extract(effect.ticket)) {
    waiting.mapped()(refusal_error(effect));
  }
}

void ControlThread::apply(const Publish& effect) {
  const Time now = SteadyClock::now();
  const ModelEvent event = board_.change(effect);
  const auto lasted = now - std::exchange(member(effect.instance).since, now);
  options_.log.write(effect.to == State::Failed ? LogLevel::Warn : LogLevel::Info,
                     change_line(event, lasted));
  if (options_.on_change) {
    options_.on_change(event);
  }
}

void ControlThread::take_request(Ticket ticket, Instance instance, Control::RequestAnswer answer) {
  // It may have opened while the request was on its way here.
  const auto admission = member(instance).gate.try_enter();
  if (admission.entry == process::Gate::Entry::Entered) {
    answer(admission);
  } else if (admission.entry == process::Gate::Entry::Full) {
    answer(at_limit(instance));
  } else {
    requests_.emplace(ticket, Waiting{instance, std::move(answer)});
    feed(RequestArrived{ticket, instance});
  }
}

void ControlThread::take_load(Ticket ticket, Instance instance, Control::OperatorAnswer answer) {
  operators_.emplace(ticket, std::move(answer));
  feed(LoadAsked{ticket, instance});
}

void ControlThread::take_sleep(Ticket ticket, Instance instance, Control::OperatorAnswer answer) {
  operators_.emplace(ticket, std::move(answer));
  feed(SleepAsked{ticket, instance});
}

void ControlThread::take_keep_alive(Instance instance, const KeepAlive& keep_alive) {
  feed(KeepAliveAsked{instance, keep_alive});
}

void ControlThread::take_unload(Ticket ticket, Instance instance, Control::OperatorAnswer answer) {
  operators_.emplace(ticket, std::move(answer));
  feed(UnloadAsked{ticket, instance});
}

void ControlThread::take_cancel(Ticket ticket) {
  if (requests_.erase(ticket) + operators_.erase(ticket) > 0) {
    feed(TicketCancelled{ticket});
  }
}

void ControlThread::look_at_gate(Instance instance, Incarnation incarnation) {
  if (const auto inside = member(instance).gate.inside(incarnation)) {
    feed(InFlight{instance, incarnation, *inside});
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

/// Of as many requests as there may be, one ends about once in their mean time through their
/// number.
Error ControlThread::at_limit(Instance instance) const {
  const ModelConfig& config = member(instance).config;
  const auto limit = static_cast<std::int64_t>(config.concurrency_limit);
  const auto wait = std::chrono::ceil<std::chrono::seconds>(member(instance).answers.mean_time() /
                                                            std::max<std::int64_t>(limit, 1));
  return {ErrorCode::TooManyRequests, at_limit_text(config.id, config.concurrency_limit),
          std::chrono::seconds(std::clamp<std::int64_t>(wait.count(), 1, LongestWait))};
}

}  // namespace llmsnap::schedule
