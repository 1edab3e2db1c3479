// ControlThread: what is behind Control: the thread, its loop, the planner and what does its
// effects. Thread rule: what is above the line "On the control thread" from any thread; the rest
// there.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "io/loop.h"
#include "io/timers.h"
#include "process/group_guard.h"
#include "schedule/control.h"
#include "schedule/fleet.h"
#include "schedule/idle_check.h"
#include "schedule/planner.h"
#include "schedule/shown_status.h"

namespace llmsnap::schedule {

class ControlThread {
 public:
  ControlThread(const Config& config, ControlOptions options);
  ~ControlThread();
  ControlThread(const ControlThread&) = delete;
  ControlThread& operator=(const ControlThread&) = delete;

  Handle find(std::string_view id) const;
  Handles handles() const;
  std::vector<Handle> leaving() const;
  const ChangeHistory& history() const { return history_; }

  struct Request {
    SteadyClock::time_point since;
    Control::RequestAnswer answer;
  };

  void post(Task task) { loop_.post(std::move(task)); }

  /// Has `take` called on the control thread, with the ticket that this answers with.
  template <typename Answer>
  Ticket submit(void (ControlThread::*take)(Ticket, const Handle&, Answer), Handle model,
                Answer answer) {
    const Ticket ticket = next_ticket_.fetch_add(1, std::memory_order_relaxed);
    loop_.post(
        [this, take, ticket, model = std::move(model), answer = std::move(answer)]() mutable {
          (this->*take)(ticket, model, std::move(answer));
        });
    return ticket;
  }
  void shutdown();

  // On the control thread.
  Adoption adopt(const Config& config);
  void retire(const std::vector<Handle>& leaving);
  void take_request(Ticket ticket, const Handle& model, Request request);
  void take_load(Ticket ticket, const Handle& model, Control::OperatorAnswer answer);
  void take_load_where_it_fits(Ticket ticket, const Handle& model, Control::OperatorAnswer answer);
  void take_sleep(Ticket ticket, const Handle& model, Control::OperatorAnswer answer);
  void take_keep_alive(const Handle& model, const KeepAlive& keep_alive);
  void take_unload(Ticket ticket, const Handle& model, Control::OperatorAnswer answer);
  void take_cancel(Ticket ticket);
  std::optional<Standing> standing(Ticket ticket) const {
    return planner_.standing(ticket, uses());
  }
  void look_at_gate(const std::shared_ptr<Member>& member, Incarnation incarnation);
  void look_around();
  void reap_orphans();
  std::chrono::milliseconds longest_unload_timeout() const;

 private:
  /// A request that waits; its model counts it meanwhile.
  struct Waiting {
    Waiting(Handle its_model, Control::RequestAnswer its_answer)
        : model(std::move(its_model)), answer(std::move(its_answer)) {
      model->waiting.fetch_add(1, std::memory_order_relaxed);
    }
    ~Waiting() { model->waiting.fetch_sub(1, std::memory_order_relaxed); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    const Handle model;
    Control::RequestAnswer answer;
  };

  class Alarm final : public io::Timer {
   public:
    Alarm(io::Timers& timers, ControlThread& thread) : Timer(timers), thread_(thread) {}

   private:
    void expired() override { thread_.look_around(); }
    ControlThread& thread_;
  };

  /// A stop or sleep that waits a moment; the later one counts.
  class LateOrder final : public io::Timer {
   public:
    using Order = void (process::Runner::*)(std::uint32_t incarnation);

    LateOrder(io::Timers& timers, process::Runner& runner) : Timer(timers), runner_(runner) {}
    void give_at(Deadline due, Order order, Incarnation incarnation) {
      order_ = order;
      incarnation_ = incarnation;
      arm(due);
    }

   private:
    void expired() override { (runner_.*order_)(incarnation_); }
    process::Runner& runner_;
    Order order_ = nullptr;
    Incarnation incarnation_ = 0;
  };

  Member& member(Instance instance) const { return *members_[instance]; }
  /// Whether the fleet still has it.
  bool has(const std::shared_ptr<Member>& member) const {
    return members_[member->number] == member;
  }
  bool has(const Handle& model) const { return has(model->members.front()); }
  /// Null: none of its instances is there any more.
  std::shared_ptr<Member> any_present(const Handle& model) const;
  /// What the planner knows it by.
  static Instance number_of(const Handle& model) { return model->members.front()->number; }
  Handle add(const Config& config, const ModelConfig& model, std::shared_ptr<OutputLog> output);
  void add_member(const Config& config, const ModelConfig& model, Team& team);
  void let_leave(const Handle& model, Adoption& adoption);
  void prepare_to_spawn();
  void end_leftovers();

  template <typename What>
  void take_wish(Ticket ticket, const Handle& model, Control::OperatorAnswer answer);
  template <typename What>
  void feed(What what);
  void apply(const Spawn& effect);
  void apply(const Stop& effect);
  void apply(const Sleep& effect);
  void apply(const Wake& effect);
  void give(LateOrder::Order order, Instance instance, Incarnation incarnation);
  void apply(const OpenGate& effect);
  void apply(const CloseGate& effect);
  void apply(const WatchIdle& effect);
  void apply(const Grant& effect);
  void apply(const Done& effect);
  void apply(const Refuse& effect);
  void apply(const Vacated& effect);
  void apply(const Publish& effect);
  std::vector<Use> uses() const;
  process::RunnerEvents events_of(Member& member);
  void began_shutdown(std::promise<void>& ended);
  void tell_if_all_ended();

  io::Loop loop_;
  const ControlOptions options_;
  const std::vector<std::string> environment_;
  bool is_prepared_ = false;  // to spawn
  std::unique_ptr<process::GroupGuard> guard_;
  Fleet members_;
  Planner planner_;
  ChangeHistory history_;
  mutable Mutex mutex_;
  Handles present_ GUARDED_BY(mutex_);              // of the present config
  std::vector<Handle> leaving_ GUARDED_BY(mutex_);  // of earlier ones; some of each is in the fleet
  std::atomic<Ticket> next_ticket_{1};

  // The control thread's.
  Alarm alarm_;
  std::vector<std::unique_ptr<LateOrder>> late_orders_;  // by instance
  std::vector<std::unique_ptr<IdleCheck>> idle_checks_;  // by instance
  bool feeding_ = false;
  std::deque<Event> pending_;
  std::unordered_map<Ticket, Waiting> requests_;
  std::vector<std::pair<Control::RequestAnswer, Admission>> granted_;  // to be told so
  std::unordered_map<Ticket, Control::OperatorAnswer> operators_;
  std::size_t living_ = 0;
  std::vector<std::promise<void>*> shutdowns_;

  std::thread thread_;
};

}  // namespace llmsnap::schedule
