// Rules: what the planner may never break, checked at every effect and after every step from the
// book and the gates, never from the planner's state. Thread rule: owned by one run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schedule/effect.h"
#include "schedule/event.h"
#include "simulation/book.h"
#include "simulation/setup.h"
#include "simulation/world.h"

namespace llmsnap::test {

class Rules {
 public:
  /// All must outlive this.
  Rules(const Setup& setup, const std::vector<FakeGate>& gates);

  /// A new config has that number for somebody else, or for the first time.
  void place(schedule::Instance instance) { book_.place(instance); }
  /// A new config leaves that one as it is.
  void keep(schedule::Instance instance) { book_.forgive(instance); }
  /// Before the planner is told.
  void begin(const schedule::Event& event);
  /// Before the world does it. The world must not be given an effect that breaks a rule.
  void check(const schedule::Effect& effect);
  /// After the last effect of the step.
  void end(schedule::Time next_deadline);
  /// What the planner says its states are, which must be what it published.
  void check_state(schedule::Instance instance, schedule::State state);
  /// Nothing happens any more.
  void check_settled(schedule::Time next_deadline);

  /// The first rule that was broken, in words.
  const std::optional<std::string>& broken() const { return broken_; }

 private:
  void must(bool holds, const char* rule, schedule::Instance instance) {
    if (!holds && !broken_) {
      broken_ = "instance " + std::to_string(instance) + ": " + rule;
    }
  }
  /// A process of that life runs; nothing else may be named.
  bool names_current_life(schedule::Instance instance, schedule::Incarnation incarnation);
  bool names_waiting(schedule::Ticket ticket);
  void note_failed_start(schedule::Instance instance, schedule::Incarnation incarnation);

  void judge(const schedule::Spawn& effect);
  void judge(const schedule::Stop& effect);
  void judge(const schedule::Sleep& effect);
  void judge(const schedule::Wake& effect);
  void judge(const schedule::OpenGate& effect);
  void judge(const schedule::CloseGate& effect);
  void judge(const schedule::WatchIdle& effect);
  void judge(const schedule::Grant& effect);
  void judge(const schedule::Done& effect);
  void judge(const schedule::Refuse& effect);
  void judge(const schedule::Vacated& effect);
  void judge(const schedule::Publish& effect);
  void judge_eviction(schedule::Instance instance);
  void judge_memory_of(schedule::Instance instance);
  void judge_drain(schedule::Instance instance);
  void judge_limit(schedule::Instance instance);
  void judge_choice(schedule::Instance instance);
  bool somebody_has_waited() const;
  bool goes_for_rules(schedule::Instance instance) const;
  bool is_wanted(schedule::Instance instance) const;
  bool fits_whole(schedule::Instance instance) const;
  std::vector<std::size_t> models_in_memory_and(schedule::Instance instance) const;
  bool may_come_back(schedule::Instance instance) const;
  bool has_reason_to_go(schedule::Instance instance) const;
  bool of_failed_start(schedule::Instance instance) const;
  bool all_back_off(schedule::Instance instance) const;
  bool is_at_limit(schedule::Instance instance) const;
  void judge_reason(const schedule::Refuse& effect, const TicketEntry& ticket);

  void check_published(schedule::Instance instance);
  void check_tickets(schedule::Instance instance, schedule::Time next_deadline);
  void check_gate(schedule::Instance instance);
  std::chrono::milliseconds drain_limit(schedule::Instance instance) const;
  void check_drain(schedule::Instance instance, schedule::Time next_deadline);
  void check_answer_to_event();
  void check_progress(schedule::Time next_deadline);
  void check_next_in_line(schedule::Instance target, schedule::Time next_deadline);
  void check_incumbent(schedule::Instance incumbent, schedule::Time patience_ends,
                       schedule::Time next_deadline);
  bool excludes(schedule::Instance one, schedule::Instance other) const;

  const Setup& setup_;
  const std::vector<FakeGate>& gates_;
  Book book_;
  const schedule::Event* event_ = nullptr;
  std::optional<schedule::Instance> failed_start_;  ///< in this step
  bool another_may_serve_ = false;                  ///< of its model
  std::optional<schedule::Instance> seen_idle_;     ///< in this step, through a watched gate
  std::optional<schedule::Instance>
      came_back_;                            ///< in this step, from its drain: it serves its queue
  std::optional<schedule::Instance> first_;  ///< in line when the step began
  schedule::Time first_patience_ends_;
  bool first_is_known_ = false;  ///< it was when the step before began
  std::optional<std::string> broken_;
};

}  // namespace llmsnap::test
