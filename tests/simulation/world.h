// World: the fake surroundings of one planner: time, gates, children, clients and operators; an
// executor that does the planner's effects and tells it the news. Thread rule: owned by one run.
//
// A run is made from its seed alone. What a failing run prints replays it, with every event and
// effect, for example
//   simulation --seed 17 --steps 500 --trace
// To see a rule at work, break planner.cpp on purpose (leave out the wait for MemoryReleased, or
// the CloseGate after max_wait) and run `simulation --seeds 2000`: a seed whose rule is broken
// prints itself. The rules are in rules.h and know the planner's answers only, never its state.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "schedule/effect.h"
#include "schedule/event.h"
#include "simulation/dice.h"
#include "simulation/setup.h"

namespace llmsnap::test {

/// The gate of one instance, as process::Gate behaves.
struct FakeGate {
  schedule::Incarnation incarnation = 0;
  bool open = false;
  bool watched = false;
  std::size_t in_flight = 0;      ///< of this incarnation
  std::size_t hints_pending = 0;  ///< news of it that the planner was not told yet
  schedule::Time last_use = schedule::Time::min();
};

class World {
 public:
  /// Both must outlive this.
  World(const Setup& setup, Dice& dice);

  /// The next news, of what is pending one by chance; nothing when nothing will happen any more.
  /// `deadline`: the planner's next_deadline.
  std::optional<schedule::Event> next(schedule::Time deadline);

  /// Does an effect; a client may have acted before it.
  void apply(const schedule::Effect& effect);
  /// Between a decision and its effects, and between these: a client enters or leaves, perhaps.
  void let_somebody_act();

  /// A new config has that number for somebody else, or for the first time.
  void place(schedule::Instance instance);

  /// Nobody arrives and no operator asks from now on.
  void settle() { settling_ = true; }

  const std::vector<FakeGate>& gates() const { return gates_; }

 private:
  enum class Kind {
    ClientArrives,
    OperatorActs,
    TicketSent,  ///< by a client that found the gate closed
    ClientLeft,  ///< while it waited
    RequestEnds,
    ProbePassed,
    ProbeGaveUp,
    ChildExited,
    MemoryReleased,
    FoundFailing,
    FellAsleep,
    SleepFailed,
    WakeFailed,
    Hint,
  };
  struct Pending {
    schedule::Time due;
    Kind kind;
    schedule::Instance instance = 0;
    schedule::Incarnation incarnation = 0;
    schedule::Ticket ticket = 0;
    std::size_t tenant = 0;  ///< of the number, for who has found it and asks later
  };
  struct TicketFate {
    schedule::Instance instance = 0;
    bool answered = false;
  };

  void later(std::chrono::milliseconds delay, Pending pending);
  std::size_t choose();
  /// What comes of it; the planner hears of it or not.
  std::optional<schedule::Event> happen(const Pending& pending);
  std::optional<schedule::Event> client_arrives();
  std::optional<schedule::Event> operator_acts();
  std::optional<schedule::Event> send_ticket(schedule::Instance instance);
  std::optional<schedule::Event> client_left(schedule::Ticket ticket);
  std::optional<schedule::Event> child_exited(const Pending& pending);
  std::optional<schedule::Event> deliver_hint(const Pending& pending);
  void enter(schedule::Instance instance);
  void leave(const Pending& request);
  void hint(schedule::Instance instance, std::chrono::milliseconds delay);
  void start_child(schedule::Instance instance, schedule::Incarnation incarnation);
  void answered(schedule::Ticket ticket);
  schedule::Instance popular_instance();
  /// Whose gate is open, and who has the least to do.
  std::optional<schedule::Instance> with_room(const std::vector<schedule::Instance>& crew) const;
  std::optional<schedule::Event> new_config();
  schedule::KeepAlive random_keep_alive();
  schedule::Event event(decltype(schedule::Event::what) what) const;

  void carry_out(const schedule::Spawn& effect);
  void carry_out(const schedule::Stop& effect);
  void carry_out(const schedule::Sleep& effect);
  void carry_out(const schedule::Wake& effect);
  void carry_out(const schedule::OpenGate& effect);
  void carry_out(const schedule::CloseGate& effect);
  void carry_out(const schedule::WatchIdle& effect);
  void carry_out(const schedule::Grant& effect);
  void carry_out(const schedule::Done& effect) { answered(effect.ticket); }
  void carry_out(const schedule::Refuse& effect) { answered(effect.ticket); }
  void carry_out(const schedule::Vacated& effect) { ++tenants_[effect.instance]; }
  void carry_out(const schedule::Publish&) {}

  const Setup& setup_;
  Dice& dice_;
  schedule::Time now_;
  std::vector<FakeGate> gates_;
  std::vector<schedule::Incarnation> exited_;  ///< by instance: the last life that was seen to end
  std::vector<std::size_t> tenants_;           ///< by instance: how many have left the number
  std::vector<Pending> pending_;
  std::vector<TicketFate> tickets_;  ///< by ticket
  bool settling_ = false;
  bool shutting_down_ = false;
};

}  // namespace llmsnap::test
