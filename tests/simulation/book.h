// Book: what can be known about tickets and lives from events and effects alone; the simulation's
// own account beside the planner's. Thread rule: owned by one run.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "schedule/effect.h"
#include "schedule/event.h"
#include "simulation/setup.h"
#include "simulation/world.h"

namespace llmsnap::test {

enum class Asked { Nothing, Request, Load, Unload, Sleep };
enum class Fate { Unknown, Waiting, Answered, Cancelled };

struct TicketEntry {
  Asked asked = Asked::Nothing;
  Fate fate = Fate::Unknown;
  schedule::Instance instance = 0;
  schedule::Time arrived;
  std::size_t step = 0;
};

struct InstanceEntry {
  // The current or last life.
  schedule::Incarnation incarnation = 0;
  std::size_t begun_in = 0;  ///< the step in which it was started or woken last
  bool alive = false;        ///< from Spawn until its ChildExited was told
  bool passed = false;
  bool gave_up = false;
  bool stopped = false;  ///< Stop was sent
  bool unload_asked = false;
  bool found_failing = false;
  schedule::Time ready_at;
  schedule::Time draining_since;
  /// Of a closed gate: what the planner can know to be in flight.
  bool count_known = false;
  std::size_t count = 0;
  bool watch_asked = false;  ///< and not told since

  std::size_t lives_in_memory = 0;  ///< from Spawn until MemoryReleased was told
  schedule::State published = schedule::State::Stopped;

  std::size_t failures = 0;  ///< in a row
  schedule::Time retry_at;

  bool sleeping = false;  ///< from Sleep until it passed its probe again
  bool asleep = false;    ///< between: it has given its memory back
  bool sleep_failed = false;
  bool wake_failed = false;
  std::set<schedule::Incarnation> gave_back;  ///< lives whose memory is not counted any more
  schedule::Time asleep_since;
  schedule::Use use;
  /// When it was used last, as far as was told.
  schedule::Time last_use() const { return std::max(use.last_use, ready_at); }

  bool vacant = false;  ///< since it was retired

  bool lives() const { return alive && !stopped; }
  bool starting() const { return alive && !passed && !stopped; }
  bool ready() const { return alive && passed && !stopped && !sleeping; }
  bool waking() const {
    return alive && sleeping && !stopped && published == schedule::State::Waking;
  }
};

/// Of all instances of one model.
struct CrewEntry {
  std::vector<schedule::Ticket> waiting;  ///< in the order in which they came
  std::optional<schedule::KeepAlive> keep_alive;
  /// When it last had to make room for others, in steps: it stands behind them now.
  std::size_t lost_turn = 0;
};

class Book {
 public:
  /// Must outlive this.
  explicit Book(const Setup& setup);

  /// A new config has that number for somebody else, or for the first time.
  void place(schedule::Instance instance);
  /// A new config says nothing new of it.
  void forgive(schedule::Instance instance) { instances_[instance].failures = 0; }

  void note(const schedule::Event& event, const std::vector<FakeGate>& gates);
  /// After the effect was checked: it names what exists.
  void note(const schedule::Effect& effect);

  schedule::Time now() const { return now_; }
  bool shutting_down() const { return shutting_down_; }
  std::vector<InstanceEntry>& instances() { return instances_; }
  const CrewEntry& crew(schedule::Instance instance) const {
    return crews_.at(setup_.crew_of[instance]);
  }
  template <typename Predicate>
  bool any_of_crew(schedule::Instance instance, Predicate predicate) const {
    const auto members = setup_.crew(instance);
    return std::any_of(members.begin(), members.end(), [&](schedule::Instance member) {
      return predicate(instances_[member], member);
    });
  }
  /// Requests of the other instances of its model, as last told.
  bool siblings_are_busy(schedule::Instance instance) const;
  /// Nobody waits for it: another of its model is up, or comes before it.
  bool is_follower(schedule::Instance instance) const;
  /// Others of its model are up, so it should be too.
  bool follows(schedule::Instance instance) const;
  const std::vector<InstanceEntry>& instances() const { return instances_; }
  /// An entry of asked Nothing when no such ticket came.
  const TicketEntry& ticket(schedule::Ticket ticket) const;

  /// The first request or load that waits for it; 0: none.
  schedule::Ticket oldest_wanting(schedule::Instance instance) const;
  std::size_t wanting(schedule::Instance instance) const;
  std::size_t waiting_requests(schedule::Instance instance) const;
  /// The instances that somebody waits for, or that follow others, and that have no process or a
  /// stopping one, in the order in which they may start. Good until the next call.
  const std::vector<schedule::Instance>& in_line() const;
  /// Somebody waits for an instance that cannot start while `other` is there.
  bool in_the_way(schedule::Instance other) const;
  bool backs_off(schedule::Instance instance) const;
  /// It has not been used for as long as it may stay then.
  bool idle_for_long(schedule::Instance instance) const;
  bool sleep_asked(schedule::Instance instance) const { return count(instance, Asked::Sleep) > 0; }
  std::size_t count(schedule::Instance instance, Asked asked) const;
  /// Instances that hold memory.
  std::size_t loaded() const;

 private:
  void see(const schedule::RequestArrived& event);
  void see(const schedule::LoadAsked& event);
  void see(const schedule::UnloadAsked& event);
  void see(const schedule::SleepAsked& event);
  void see(const schedule::KeepAliveAsked& event);
  void see(const schedule::FellAsleep& event);
  void see(const schedule::SleepFailed& event);
  void see(const schedule::WakeFailed& event);
  void see(const schedule::Retired&) {}  // the setup knows who leaves
  void see(const schedule::TicketCancelled& event);
  void see(const schedule::ProbePassed& event);
  void see(const schedule::ProbeGaveUp& event);
  void see(const schedule::ChildExited& event);
  void see(const schedule::MemoryReleased& event);
  void see(const schedule::FoundFailing& event);
  void see(const schedule::InFlight& event);
  void see(const schedule::TimePassed&) {}
  void see(const schedule::ShutdownBegun&) { shutting_down_ = true; }
  void see(const schedule::Spawn& effect);
  void see(const schedule::Stop& effect);
  void see(const schedule::Sleep& effect);
  void see(const schedule::Wake& effect);
  void see(const schedule::OpenGate& effect);
  void see(const schedule::CloseGate& effect);
  void see(const schedule::WatchIdle& effect);
  void see(const schedule::Grant& effect);
  void see(const schedule::Done& effect) { end(effect.ticket, Fate::Answered); }
  void see(const schedule::Refuse& effect) { end(effect.ticket, Fate::Answered); }
  void see(const schedule::Vacated& effect);
  void see(const schedule::Publish& effect);

  /// Which of two that want to start is the first.
  bool goes_before(schedule::Instance one, schedule::Instance other) const;
  std::size_t turn(schedule::Instance instance) const;
  bool wants_to_begin(schedule::Instance instance) const;
  bool waits_for_back_off(schedule::Instance instance) const;
  CrewEntry& its_crew(schedule::Instance instance) { return crews_.at(setup_.crew_of[instance]); }
  void enter(schedule::Ticket ticket, schedule::Instance instance, Asked asked);
  void end(schedule::Ticket ticket, Fate fate);
  void forgive_if_ready_long(InstanceEntry& entry);
  void failed(InstanceEntry& entry, bool was_ready);

  const Setup& setup_;
  const std::vector<FakeGate>* gates_ = nullptr;
  schedule::Time now_;
  std::size_t step_ = 0;
  bool shutting_down_ = false;
  std::vector<InstanceEntry> instances_;
  std::map<std::size_t, CrewEntry> crews_;
  std::vector<TicketEntry> tickets_;
  mutable std::vector<schedule::Instance> line_;
};

}  // namespace llmsnap::test
