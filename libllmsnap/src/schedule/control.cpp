#include "schedule/control.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>

#include "io/timers.h"
#include "process/child_environment.h"
#include "process/group_guard.h"
#include "process/instance_marker.h"
#include "process/orphans.h"
#include "schedule/fleet.h"
#include "schedule/planner.h"
#include "schedule/refusal_error.h"
#include "schedule/status_board.h"

namespace llmsnap::schedule {
namespace {

/// So many answers in a row that failed are no accident.
constexpr unsigned SuspiciousFailures = 3;

/// The time of a request counts for a sixteenth: a mean of about the last thirty.
constexpr std::int64_t MeanWeight = 16;
constexpr std::int64_t LongestWait = 60;

/// Of as many requests as there may be one ends about once in their mean time through their number.
Error at_limit_error(const Member& member) {
  const std::chrono::nanoseconds mean(member.mean_time_ns.load(std::memory_order_relaxed));
  const auto limit = static_cast<std::int64_t>(member.config.concurrency_limit);
  const auto wait =
      std::chrono::ceil<std::chrono::seconds>(mean / std::max<std::int64_t>(limit, 1));
  return {
      ErrorCode::TooManyRequests,
      fmt::format("{} serves {} requests already, its concurrencyLimit", member.config.id, limit),
      std::chrono::seconds(std::clamp<std::int64_t>(wait.count(), 1, LongestWait))};
}

}  // namespace

class Control::Thread {
 public:
  Thread(const Config& config, ControlOptions options);
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  Member& member(Instance instance) const { return *members_[instance]; }
  std::size_t size() const { return members_.size(); }
  const StatusBoard& board() const { return board_; }

  void post(Task task) { loop_.post(std::move(task)); }

  /// Has `take` called on the control thread, with the ticket that this answers with.
  template <typename Answer>
  Ticket submit(void (Thread::*take)(Ticket, Instance, Answer), Instance instance, Answer answer) {
    const Ticket ticket = next_ticket_.fetch_add(1, std::memory_order_relaxed);
    loop_.post([this, take, ticket, instance, answer = std::move(answer)]() mutable {
      (this->*take)(ticket, instance, std::move(answer));
    });
    return ticket;
  }
  void shutdown();

  // On the control thread.
  void take_request(Ticket ticket, Instance instance, RequestAnswer answer);
  void take_load(Ticket ticket, Instance instance, OperatorAnswer answer);
  void take_unload(Ticket ticket, Instance instance, OperatorAnswer answer);
  void take_cancel(Ticket ticket);
  void look_at_gate(Instance instance, Incarnation incarnation);
  void reap_orphans() { process::reap_orphans(guard_.get()); }

 private:
  struct Waiting {
    Instance instance;
    RequestAnswer answer;
  };

  class Alarm final : public io::Timer {
   public:
    Alarm(io::Timers& timers, Thread& thread) : Timer(timers), thread_(thread) {}

   private:
    void expired() override { thread_.feed(TimePassed{}); }
    Thread& thread_;
  };

  template <typename What>
  void feed(What what);
  void apply(const Spawn& effect);
  void apply(const Stop& effect);
  void apply(const OpenGate& effect);
  void apply(const CloseGate& effect);
  void apply(const WatchIdle& effect);
  void apply(const Grant& effect);
  void apply(const Done& effect);
  void apply(const Refuse& effect);
  void apply(const Publish& effect);
  process::RunnerEvents events_of(Instance instance);
  void began_shutdown(std::promise<void>& ended);
  void tell_if_all_ended();

  io::Loop loop_;
  const ControlOptions options_;
  const std::vector<std::string> environment_ = process::this_environment();
  std::unique_ptr<process::GroupGuard> guard_;
  Fleet members_;
  Planner planner_;
  StatusBoard board_;
  std::atomic<Ticket> next_ticket_{1};

  // The control thread's.
  Alarm alarm_;
  bool feeding_ = false;
  std::deque<Event> pending_;
  std::unordered_map<Ticket, Waiting> requests_;
  std::unordered_map<Ticket, OperatorAnswer> operators_;
  std::size_t living_ = 0;
  std::vector<std::promise<void>*> shutdowns_;

  std::thread thread_;
};

Control::Thread::Thread(const Config& config, ControlOptions options)
    : options_(std::move(options)),
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
    const Instance instance = planner_.add_instance(spec_of(member->config));
    member->runner = std::make_unique<process::Runner>(
        member->config, instance,
        process::RunnerServices{loop_, options_.engine, guard_.get(), options_.log, environment_},
        events_of(instance));
  }
  thread_ = std::thread([this] { loop_.run(); });
}

Control::Thread::~Thread() {
  shutdown();
  loop_.stop();
  thread_.join();
}

process::RunnerEvents Control::Thread::events_of(Instance instance) {
  return {
      .started = [this, instance](pid_t pid,
                                  std::uint16_t port) { board_.set_process(instance, pid, port); },
      .ready =
          [this, instance](Incarnation incarnation) {
            member(instance).gate.begin(incarnation, member(instance).runner->port());
            member(instance).failed_answers.store(0, std::memory_order_relaxed);
            feed(ProbePassed{instance, incarnation});
          },
      .gave_up =
          [this, instance](Incarnation incarnation, const std::string& why) {
            feed(ProbeGaveUp{instance, incarnation, why});
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
void Control::Thread::feed(What what) {
  pending_.push_back({SteadyClock::now(), std::move(what)});
  if (feeding_) {
    return;
  }
  feeding_ = true;
  while (!pending_.empty()) {
    const Event event = std::move(pending_.front());
    pending_.pop_front();
    for (const Effect& effect : planner_.handle(event)) {
      std::visit([this](const auto& chosen) { this->apply(chosen); }, effect);
    }
  }
  feeding_ = false;
  alarm_.arm(planner_.next_deadline());
}

void Control::Thread::apply(const Spawn& effect) {
  ++living_;
  member(effect.instance).gate.begin(effect.incarnation, 0);
  member(effect.instance).runner->start(effect.incarnation);
}

void Control::Thread::apply(const Stop& effect) {
  member(effect.instance).runner->stop(effect.incarnation);
}

void Control::Thread::apply(const OpenGate& effect) {
  member(effect.instance).gate.open(effect.incarnation);
}

void Control::Thread::apply(const CloseGate& effect) {
  feed(InFlight{effect.instance, effect.incarnation,
                member(effect.instance).gate.close(effect.incarnation)});
}

void Control::Thread::apply(const WatchIdle& effect) {
  if (member(effect.instance).gate.watch(effect.incarnation) == 0) {
    feed(InFlight{effect.instance, effect.incarnation, 0});
  }
}

void Control::Thread::apply(const Grant& effect) {
  const auto admission = member(effect.instance).gate.enter_granted(effect.incarnation);
  if (auto waiting = requests_.extract(effect.ticket)) {
    waiting.mapped().answer(admission);
  }
}

void Control::Thread::apply(const Done& effect) {
  if (auto waiting = operators_.extract(effect.ticket)) {
    waiting.mapped()({});
  }
}

void Control::Thread::apply(const Refuse& effect) {
  if (auto request = requests_.extract(effect.ticket)) {
    const Waiting& waiting = request.mapped();
    waiting.answer(effect.reason == Refusal::AtConcurrencyLimit
                       ? at_limit_error(member(waiting.instance))
                       : refusal_error(effect));
  } else if (auto waiting = operators_.extract(effect.ticket)) {
    waiting.mapped()(refusal_error(effect));
  }
}

void Control::Thread::apply(const Publish& effect) {
  const Time now = SteadyClock::now();
  const ModelEvent event = board_.change(effect);
  const auto lasted = now - std::exchange(member(effect.instance).since, now);
  options_.log.write(effect.to == State::Failed ? LogLevel::Warn : LogLevel::Info,
                     change_line(event, lasted));
  if (options_.on_change) {
    options_.on_change(event);
  }
}

void Control::Thread::take_request(Ticket ticket, Instance instance, RequestAnswer answer) {
  // It may have opened while the request was on its way here.
  const auto admission = member(instance).gate.try_enter();
  if (admission.entry == process::Gate::Entry::Entered) {
    answer(admission);
  } else if (admission.entry == process::Gate::Entry::Full) {
    answer(at_limit_error(member(instance)));
  } else {
    requests_.emplace(ticket, Waiting{instance, std::move(answer)});
    feed(RequestArrived{ticket, instance});
  }
}

void Control::Thread::take_load(Ticket ticket, Instance instance, OperatorAnswer answer) {
  operators_.emplace(ticket, std::move(answer));
  feed(LoadAsked{ticket, instance});
}

void Control::Thread::take_unload(Ticket ticket, Instance instance, OperatorAnswer answer) {
  operators_.emplace(ticket, std::move(answer));
  feed(UnloadAsked{ticket, instance});
}

void Control::Thread::take_cancel(Ticket ticket) {
  if (requests_.erase(ticket) + operators_.erase(ticket) > 0) {
    feed(TicketCancelled{ticket});
  }
}

void Control::Thread::look_at_gate(Instance instance, Incarnation incarnation) {
  if (const auto inside = member(instance).gate.inside(incarnation)) {
    feed(InFlight{instance, incarnation, *inside});
  }
}

void Control::Thread::shutdown() {
  std::promise<void> ended;
  auto done = ended.get_future();
  loop_.post([this, &ended] { began_shutdown(ended); });
  done.wait();
}

void Control::Thread::began_shutdown(std::promise<void>& ended) {
  shutdowns_.push_back(&ended);
  feed(ShutdownBegun{});
  tell_if_all_ended();
}

void Control::Thread::tell_if_all_ended() {
  if (living_ == 0) {
    for (std::promise<void>* ended : std::exchange(shutdowns_, {})) {
      ended->set_value();
    }
  }
}

Control::Control(const Config& config, ControlOptions options)
    : thread_(std::make_unique<Thread>(config, std::move(options))) {}
Control::~Control() = default;

std::optional<Instance> Control::find(std::string_view id) const {
  for (std::size_t i = 0; i < thread_->size(); ++i) {
    if (thread_->member(static_cast<Instance>(i)).config.id == id) {
      return static_cast<Instance>(i);
    }
  }
  return std::nullopt;
}

std::size_t Control::size() const {
  return thread_->size();
}

process::Gate::Admission Control::try_enter(Instance instance) {
  return thread_->member(instance).gate.try_enter();
}

void Control::leave(Instance instance, std::uint32_t incarnation) {
  if (thread_->member(instance).gate.leave(incarnation)) {
    thread_->post([thread = thread_.get(), instance, incarnation] {
      thread->look_at_gate(instance, incarnation);
    });
  }
}

void Control::answered_well(Instance instance) {
  std::atomic<unsigned>& failed = thread_->member(instance).failed_answers;
  if (failed.load(std::memory_order_relaxed) != 0) {
    failed.store(0, std::memory_order_relaxed);
  }
}

void Control::answered_badly(Instance instance, std::uint32_t incarnation,
                             std::string_view target) {
  std::atomic<unsigned>& failed = thread_->member(instance).failed_answers;
  if (failed.fetch_add(1, std::memory_order_relaxed) + 1 < SuspiciousFailures) {
    return;
  }
  failed.store(0, std::memory_order_relaxed);
  thread_->post([thread = thread_.get(), instance, incarnation, target = std::string(target)] {
    thread->member(instance).runner->examine(incarnation, target);
  });
}

Error Control::at_limit(Instance instance) const {
  return at_limit_error(thread_->member(instance));
}

void Control::was_in_work(Instance instance, SteadyClock::duration time) {
  // Requests that end at the same moment may overwrite each other's part: it is an estimate.
  std::atomic<std::int64_t>& mean = thread_->member(instance).mean_time_ns;
  const std::int64_t before = mean.load(std::memory_order_relaxed);
  const std::int64_t now = std::chrono::nanoseconds(time).count();
  mean.store(before == 0 ? now : before + (now - before) / MeanWeight, std::memory_order_relaxed);
}

Ticket Control::request(Instance instance, RequestAnswer answer) {
  return thread_->submit(&Thread::take_request, instance, std::move(answer));
}

Ticket Control::load(Instance instance, OperatorAnswer answer) {
  return thread_->submit(&Thread::take_load, instance, std::move(answer));
}

Ticket Control::unload(Instance instance, OperatorAnswer answer) {
  return thread_->submit(&Thread::take_unload, instance, std::move(answer));
}

void Control::cancel(Ticket ticket) {
  thread_->post([thread = thread_.get(), ticket] { thread->take_cancel(ticket); });
}

void Control::shutdown() {
  thread_->shutdown();
}

void Control::reap_orphans() {
  thread_->post([thread = thread_.get()] { thread->reap_orphans(); });
}

ModelStatus Control::status(Instance instance) const {
  ModelStatus status = thread_->board().status(instance);
  status.in_flight = thread_->member(instance).gate.inside();
  return status;
}

bool Control::is_ready(Instance instance) const {
  return thread_->member(instance).gate.is_open();
}

OutputLog& Control::output(Instance instance) {
  return thread_->member(instance).runner->output();
}

}  // namespace llmsnap::schedule
