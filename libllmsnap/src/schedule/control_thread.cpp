#include "schedule/control_thread.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <variant>

#include "process/child_environment.h"
#include "process/exit_status.h"
#include "process/free_port.h"
#include "process/instance_marker.h"
#include "process/orphans.h"
#include "process/pidfd.h"

namespace llmsnap::schedule {
namespace {

/// For what hangs in the kernel.
constexpr std::chrono::seconds LeftoverPatience{1};

static_assert(LastIncarnation <= process::Gate::LastIncarnation);

Error superseded(const Handle& model) {
  return {ErrorCode::Superseded, fmt::format("{}: its config has changed", model->config.id),
          std::chrono::seconds(1)};
}

/// As a shell tells it; nothing where somebody else has heard it.
std::optional<int> shell_code(const process::ExitStatus& how) {
  constexpr int OfSignal = 128;
  const bool by_signal = how.how == process::ExitStatus::How::Signalled;
  return how.number < 0 ? std::nullopt
                        : std::optional(by_signal ? OfSignal + how.number : how.number);
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

/// The memory and ports that they hold are wanted for our own.
void ControlThread::end_leftovers() {
  const std::vector<process::Leftover> leftovers = process::kill_leftovers();
  const Deadline patience = SteadyClock::now() + LeftoverPatience;
  for (const process::Leftover& leftover : leftovers) {
    options_.log.warn(fmt::format("process {} ({}) of a gateway that died is ended", leftover.pid,
                                  leftover.command));
    process::await_exit(leftover.pidfd, std::chrono::ceil<std::chrono::milliseconds>(
                                            patience - SteadyClock::now()));
  }
}

/// What a gateway without processes does not need.
void ControlThread::prepare_to_spawn() {
  if (std::exchange(is_prepared_, true)) {
    return;
  }
  end_leftovers();
  if (auto guard = process::GroupGuard::start()) {
    guard_ = std::move(*guard);
  } else {
    options_.log.error("no model can be started: " + guard.error().message);
  }
}

Handle ControlThread::add(const Config& config, const ModelConfig& model,
                          std::shared_ptr<OutputLog> output) {
  prepare_to_spawn();
  auto team = std::make_shared<Team>(model, std::move(output));  // whose owners use it
  const std::size_t instances = std::clamp<std::size_t>(model.instances, 1, MostInstances);
  while (team->members.size() < instances) {
    add_member(config, model, *team);
  }
  return team;
}

void ControlThread::add_member(const Config& config, const ModelConfig& model, Team& team) {
  ModelConfig its = model;
  const std::size_t place = team.members.size();
  if (place > 0 && model.port != 0) {
    its.port = process::free_port();  // if somebody takes it until then, its life finds another
  }
  const bool is_alone = model.instances <= 1;
  // The other owners: its team, and the fleet.
  auto member = std::make_shared<Member>(std::move(its), place,
                                         is_alone ? team.output : std::make_shared<OutputLog>());
  if (!is_alone) {
    member->relay = std::make_unique<OutputRelay>(*member->output, team.output);
  }
  member->number = planner_.add_instance(
      spec_of(config, model),
      place == 0 ? std::nullopt : std::optional(team.members.front()->number));
  member->runner = std::make_unique<process::Runner>(
      member->config, instance_name(model.id, member->ordinal()), member->number, member->output,
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
  team.members.push_back(std::move(member));
}

Adoption ControlThread::adopt(const Config& config) {
  const Handles before = handles();
  Adoption adoption;
  for (const ModelConfig& model : models_with_process(config)) {
    const auto old = before.find(model.id);
    const bool stays = old != before.end() && same_process(old->second->config, model);
    if (stays) {
      for (const auto& member : old->second->members) {
        member->change_config(model);
        planner_.change_spec(member->number, spec_of(config, model));
        idle_checks_[member->number]->every(model.health_check_interval);
      }
      adoption.kept.push_back(model.id);
      adoption.handles.emplace(model.id, old->second);
    } else if (old != before.end()) {
      let_leave(old->second, adoption);
      adoption.changed.push_back(model.id);
      adoption.handles.emplace(model.id, add(config, model, old->second->output));
    } else {
      adoption.added.push_back(model.id);
      adoption.handles.emplace(model.id, add(config, model, std::make_shared<OutputLog>()));
    }
  }
  for (const auto& [id, model] : before) {
    if (!adoption.handles.contains(id)) {
      let_leave(model, adoption);
      adoption.removed.push_back(id);
    }
  }
  planner_.change_policy(policy_of(config, members_));
  const MutexLock lock(mutex_);
  present_ = adoption.handles;
  leaving_.insert(leaving_.end(), adoption.leaving.begin(), adoption.leaving.end());
  return adoption;
}

void ControlThread::let_leave(const Handle& model, Adoption& adoption) {
  for (const auto& member : model->members) {
    member->leaves = true;
  }
  adoption.leaving.push_back(model);
}

void ControlThread::retire(const std::vector<Handle>& leaving) {
  for (const Handle& model : leaving) {
    const bool is_replaced = find(model->config.id) != nullptr;
    feed(Retired{number_of(model),
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

std::vector<Handle> ControlThread::leaving() const {
  const MutexLock lock(mutex_);
  return leaving_;
}

std::shared_ptr<Member> ControlThread::any_present(const Handle& model) const {
  const auto found = std::find_if(model->members.begin(), model->members.end(),
                                  [this](const auto& member) { return has(member); });
  return found == model->members.end() ? nullptr : *found;
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
            if (idle_checks_[member.number] != nullptr) {
              idle_checks_[member.number]->heard(incarnation, said);
            }
          },
      .failing =
          [this, &member](Incarnation incarnation, const std::string& why) {
            feed(FoundFailing{member.number, incarnation, why});
          },
      .exited =
          [&member](Incarnation, const process::ExitStatus& how) {
            member.shown.set_exit_code(shell_code(how));
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
    // Behind all effects: who is answered may find the gate open.
    for (auto& [answer, admission] : std::exchange(granted_, {})) {
      answer(admission);
    }
  }
  feeding_ = false;
  alarm_.arm(planner_.next_deadline());
}

void ControlThread::take_request(Ticket ticket, const Handle& model, Request request) {
  // It may have opened while the request was on its way here.
  const Admission admission = Control::try_enter(model);
  if (admission.entry == process::Gate::Entry::Entered) {
    request.answer(admission);
  } else if (admission.entry == process::Gate::Entry::Full) {
    request.answer(Control::at_limit(model));
  } else if (!has(model)) {
    request.answer(superseded(model));
  } else {
    requests_.try_emplace(ticket, model, std::move(request.answer));
    feed(RequestArrived{ticket, number_of(model), request.since});
  }
}

template <typename What>
void ControlThread::take_wish(Ticket ticket, const Handle& model, Control::OperatorAnswer answer) {
  if (!has(model)) {
    answer(superseded(model));
    return;
  }
  operators_.emplace(ticket, std::move(answer));
  feed(What{ticket, number_of(model)});
}

void ControlThread::take_load(Ticket ticket, const Handle& model, Control::OperatorAnswer answer) {
  take_wish<LoadAsked>(ticket, model, std::move(answer));
}

void ControlThread::take_load_where_it_fits(Ticket ticket, const Handle& model,
                                            Control::OperatorAnswer answer) {
  if (has(model) && !planner_.fits(number_of(model))) {
    answer(Error{ErrorCode::Conflict, "it does not fit beside what runs or waits to"});
    return;
  }
  take_load(ticket, model, std::move(answer));
}

void ControlThread::take_sleep(Ticket ticket, const Handle& model, Control::OperatorAnswer answer) {
  take_wish<SleepAsked>(ticket, model, std::move(answer));
}

void ControlThread::take_unload(Ticket ticket, const Handle& model,
                                Control::OperatorAnswer answer) {
  const auto present = any_present(model);
  if (present == nullptr) {
    answer({});
    return;
  }
  operators_.emplace(ticket, std::move(answer));
  feed(UnloadAsked{ticket, present->number});
}

void ControlThread::take_keep_alive(const Handle& model, const KeepAlive& keep_alive) {
  if (has(model)) {
    feed(KeepAliveAsked{number_of(model), keep_alive});
  }
}

void ControlThread::take_cancel(Ticket ticket) {
  if (requests_.erase(ticket) + operators_.erase(ticket) > 0) {
    feed(TicketCancelled{ticket});
  }
}

void ControlThread::look_at_gate(const std::shared_ptr<Member>& member, Incarnation incarnation) {
  const auto inside = member->gate.inside(incarnation);
  if (inside && has(member)) {
    feed(InFlight{member->number, incarnation, *inside});
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

std::chrono::milliseconds ControlThread::longest_unload_timeout() const {
  std::chrono::milliseconds longest{0};
  for (const auto& member : members_) {
    if (member != nullptr) {
      longest = std::max(longest, member->config.unload_timeout);
    }
  }
  return longest;
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
