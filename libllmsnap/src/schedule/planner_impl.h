// Planner::Impl: the state of the planner. planner.cpp takes the wishes in, planner_news.cpp the
// news, and swap_plan.cpp decides what follows from the state that they leave. Thread rule: the
// planner's. PURE.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "schedule/planner.h"
#include "schedule/slot.h"

namespace llmsnap::schedule {

/// Of a model that has not been loaded yet: about as long as a small one takes.
inline constexpr std::chrono::seconds UsualLoad{5};

struct Planner::Impl {
  explicit Impl(EvictionPolicy the_policy) : policy(std::move(the_policy)) {}

  EvictionPolicy policy;
  std::vector<Slot> slots;
  std::unordered_map<Ticket, Instance> waiting_at;
  std::uint64_t last_order = 0;
  bool shutting_down = false;
  Time now{};
  Time patience_ends = Time::max();  ///< when somebody has waited long enough, or a residency ends
  bool watches_all = false;          ///< found in a plan: somebody waits for any one to be idle
  std::vector<Effect> effects;

  // planner.cpp
  void take(const RequestArrived& event);
  void take(const LoadAsked& event);
  void take(const SleepAsked& event);
  void take(const KeepAliveAsked& event);
  void take(const UnloadAsked& event);
  void take(const Retired& event);
  void take(const TicketCancelled& event);
  void take(const ShutdownBegun& event);

  /// The slot, if that is its present life; else null.
  Slot* living(Instance instance, Incarnation incarnation);
  Instance index_of(const Slot& slot) const;
  Standing standing(Instance instance, Ticket ticket, Time as_of) const;
  void enter(Slot& slot, State state, std::string why);
  void wait(Instance instance, Ticket ticket, TicketQueue::Kind kind);
  void refuse(Ticket ticket, Refusal reason, std::string why, std::chrono::seconds retry_after);
  void refuse_all(Slot& slot, Refusal reason, const std::string& why);
  std::chrono::seconds until_served(const Slot& slot) const;
  void refuse_superseded(const Slot& slot, Ticket ticket);
  void refuse_backing_off(Slot& slot, Ticket ticket);
  void refuse_all_while_backing_off(Slot& slot);
  void refuse_sleeps(Slot& slot, Refusal reason, const std::string& why);
  void close_gate(Slot& slot);
  void stop(Slot& slot, const std::string& why);

  // planner_news.cpp
  void take(const ProbePassed& event);
  void take(const ProbeGaveUp& event);
  void take(const FellAsleep& event);
  void take(const SleepFailed& event);
  void take(const WakeFailed& event);
  void take(const ChildExited& event);
  void take(const MemoryReleased& event);
  void take(const FoundFailing& event);
  void take(const InFlight& event);
  void take(const TimePassed& event);
  void ended(Slot& slot, const std::string& why);

  // swap_plan.cpp
  void plan();
  void expire();
  void serve(Slot& slot);
  void find_who_must_go();
  bool is_in_line(const Slot& slot) const;
  std::vector<Instance> in_line();
  bool goes_before(const Slot& one, const Slot& other) const;
  bool comes_first(Instance earlier, Instance later) const;
  std::vector<Running> running_beside(Instance target, const std::vector<Instance>& promised) const;
  void want_start(Instance target, std::vector<Instance>& promised);
  bool start_lock_free(const Slot& slot) const;
  bool can_begin(const Slot& slot) const;
  void begin(Slot& slot, const std::string& why);
  void bring_back();
  void make_go(Slot& slot);
  void make_ready_one_go(Slot& slot);
  void make_drained_one_go(Slot& slot);
  void watch_all();
  void watch(Slot& slot);
  void drain(Slot& slot);
  std::string why_it_goes(const Slot& slot) const;
  void let_stay(Slot& slot);
  void vacate_retired();
};

}  // namespace llmsnap::schedule
