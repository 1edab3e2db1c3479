// Planner::Impl: the state of the planner. planner.cpp takes the wishes in, planner_news.cpp the
// news, swap_plan.cpp decides what follows from the state that they leave, and goings.cpp has it
// done. Thread rule: the planner's. PURE.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "schedule/planner.h"
#include "schedule/slot.h"

namespace llmsnap::schedule {

/// Of a model that has not been loaded yet: about as long as a small one takes.
inline constexpr std::chrono::seconds UsualLoad{5};

/// That an instance goes, for who counts it and for who reads of it.
struct Going {
  GoingCause cause;
  std::string why;
};

struct Planner::Impl {
  explicit Impl(EvictionPolicy the_policy) : policy(std::move(the_policy)) {}

  EvictionPolicy policy;
  std::vector<Slot> slots;
  std::vector<Crew> crews;
  std::unordered_map<Ticket, Instance> waiting_at;
  std::uint64_t last_order = 0;
  bool shutting_down = false;
  std::uint64_t event_number = 0;
  Time now{};
  Time patience_ends = Time::max();  ///< when somebody has waited long enough, or a residency ends
  bool watches_all = false;          ///< found in a plan: somebody waits for any one to be idle
  bool plan_changes = false;         ///< found in a plan: others of a model stand otherwise now
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
  Crew& crew_of(const Slot& slot) { return crews[slot.crew]; }
  const Crew& crew_of(const Slot& slot) const { return crews[slot.crew]; }
  template <typename Predicate>
  bool any_of(const Crew& crew, Predicate predicate) const {
    return std::any_of(crew.members.begin(), crew.members.end(),
                       [&](Instance member) { return predicate(slots[member]); });
  }
  template <typename Predicate>
  bool any_other(const Slot& slot, Predicate predicate) const {
    return any_of(crew_of(slot),
                  [&](const Slot& other) { return &other != &slot && predicate(other); });
  }
  const InstanceSpec& spec_of(const Crew& crew) const { return slots[crew.members.front()].spec; }
  std::size_t in_flight(const Crew& crew) const;
  Time last_use(const Crew& crew) const;
  Time idle_until(const Slot& slot) const;
  bool others_come(const Slot& slot) const;
  bool is_unused(const Slot& slot) const;
  bool goes_by_itself(const Slot& slot) const;
  bool must_go(const Slot& slot) const { return slot.room_for || goes_by_itself(slot); }
  Time deadline_of(const Slot& slot) const;
  std::size_t vacant_crew();
  Time stops_sleeping(const Slot& slot) const;
  bool wants_back(const Slot& slot) const;
  bool follows(const Slot& slot) const;
  bool is_follower(const Slot& slot) const;
  bool waits_for_back_off(const Slot& slot) const;
  Slot* open_member(Crew& crew);
  bool is_full(const Slot& slot) const;
  bool is_at_limit(const Crew& crew) const;
  bool all_back_off(const Crew& crew) const;
  const Slot& foremost(const Crew& crew) const;
  Standing standing(Instance instance, Ticket ticket, const std::vector<Use>& uses) const;
  void enter(Slot& slot, State state, std::string why, std::optional<GoingCause> cause = {});
  void enter(Slot& slot, State state, Going going);
  void wait(Instance instance, Ticket ticket, TicketQueue::Kind kind, Time since);
  void refuse(Ticket ticket, Refusal reason, std::string why, std::chrono::seconds retry_after);
  void refuse_all(Crew& crew, Refusal reason, const std::string& why);
  std::chrono::seconds until_served(const Crew& crew) const;
  void refuse_superseded(const Slot& slot, Ticket ticket);
  void refuse_backing_off(const Crew& crew, Ticket ticket);
  void refuse_all_while_backing_off(Crew& crew);
  void refuse_sleeps(Crew& crew, Refusal reason, const std::string& why);
  void close_gate(Slot& slot);
  void stop(Slot& slot, Going going);

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
  void start_failed(Slot& slot, const std::string& why);
  void ended(Slot& slot, const std::string& why);
  void tell_if_all_are_gone(Crew& crew);

  // swap_plan.cpp
  void plan();
  void expire();
  void serve(Crew& crew);
  Slot* next_to_serve(Crew& crew);
  void find_who_must_go();
  bool is_in_line(const Slot& slot) const;
  std::vector<Instance> in_line() const;
  bool goes_before(const Slot& one, const Slot& other) const;
  bool comes_first(Instance earlier, Instance later) const;
  std::vector<Running> running_beside(Instance target, const std::vector<Instance>& promised) const;
  void want_start(Instance target, std::vector<Instance>& promised);
  bool must_wait(Instance target, const std::vector<Eviction>& evicted,
                 const std::vector<Instance>& promised) const;
  void mark(const Eviction& eviction, Instance target, Time patience);
  std::string why_it_begins(const Slot& slot) const;
  bool can_begin(const Slot& slot) const;
  void begin(Slot& slot, const std::string& why);
  void bring_back();
  std::vector<Instance> in_the_way(const Crew& crew, std::vector<Instance> promised) const;
  void make_go(Slot& slot);
  void make_ready_one_go(Slot& slot);
  void make_drained_one_go(Slot& slot);
  void watch_all();
  void watch(Slot& slot);
  void drain(Slot& slot);
  Going why_it_goes(const Slot& slot) const;
  void let_stay(Slot& slot);
  void vacate_retired();
};

}  // namespace llmsnap::schedule
