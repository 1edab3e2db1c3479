// Planner: who may run now. One state machine over all instances: an event in, effects out.
// Thread rule: none of its own; owned by the control thread. PURE: no clock, no threads, no I/O.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schedule/effect.h"
#include "schedule/event.h"
#include "schedule/eviction_policy.h"
#include "schedule/standing.h"

namespace llmsnap::schedule {

struct InstanceSpec {
  std::string name;                     ///< of its model, for messages
  std::size_t concurrency_limit = 100;  ///< of this instance
  std::size_t queue_limit = 512;
  std::chrono::milliseconds queue_timeout{600'000};
  std::chrono::milliseconds max_wait{30'000};
  std::chrono::milliseconds drain_timeout{600'000};
  std::chrono::milliseconds min_residency{0};
  std::chrono::milliseconds ttl{0};         ///< idle so long: it sleeps or stops; 0: never
  std::chrono::milliseconds stop_after{0};  ///< asleep so long: it stops; 0: never
  std::optional<std::chrono::milliseconds> max_keep_alive;  ///< bound on what requests ask for
  int priority = 0;
  bool can_sleep = false;
  bool restarts = false;    ///< after a failure, without a request
  bool comes_back = false;  ///< is started when nothing is queued and nothing must go for it
};

/// The rules, which hold after every event:
/// - An instance starts only when all that the policy names for it have exited and their memory is
///   released.
/// - Every ticket gets exactly one of Grant, Done, Refuse, unless it was cancelled; none waits
///   beyond its queue timeout.
/// - A stop of an instance with requests in flight comes from an operator, its drain timeout or the
///   shutdown only. None sleeps with a request in flight, and none that sleeps is granted.
/// - What makes room gives its memory back by sleeping if it can, else by its exit; one that does
///   not fall asleep, or does not wake, is stopped, and started anew for who waits. For some
///   minutes after a sleep that failed, one that nobody asked for is a stop.
/// - Of those that wait to start the one with the highest priority is first, but who has waited for
///   `max_wait` comes before all who have not.
/// - Idle for its ttl, or for what a request asked for instead: it sleeps, or stops. Asleep for
///   stop_after: it stops.
/// - What has become ready lately (`min_residency`) goes only for who has waited for `max_wait`.
/// - A start or wake that nobody waits for any more is stopped where the policy forbids it beside
///   who waits, and never for a limit: it gets ready, and goes then.
/// - A busy instance that must go serves newcomers until the oldest request behind it has waited
///   `max_wait`; then its gate closes.
/// - An instance that was found failing takes no newcomers from then on, and stops when its
///   requests have ended; that counts as the end of a life by itself.
/// - The instances of a model have one queue. A start of one is followed by the others', also when
///   nobody waits any more: none is left behind; and one that ended by itself comes back while
///   others of its model are up. Who only follows comes last, and makes no busy one go. They go for
///   others' sake, and by their ttl, together: when all are idle.
/// - What comes back by itself does so when all instances of its model fit, and nothing goes for
///   them.
/// - A request goes to the ready one with the least to do, where all have the same to the next.
/// - What nobody waits for any more is not started, and a gate that was closed for it opens again.
/// - A retired instance takes no requests from then on, ends those in flight and stops; then its
///   number is vacant.
/// - After Unload's Done nothing that waited before it starts the instance.
/// - Failed starts are answered at once, and backed off from: 1, 2, 4, 8 s, from the fifth in a row
///   on 60 s. 60 s of readiness, or an operator's load or a new config, forgive them.
class Planner {
 public:
  explicit Planner(EvictionPolicy policy);
  ~Planner();
  Planner(const Planner&) = delete;
  Planner& operator=(const Planner&) = delete;

  /// Between events: takes a number that is vacant, or the next one. `sibling`: another instance of
  /// its model, which is not retired.
  Instance add_instance(InstanceSpec spec, std::optional<Instance> sibling = {});
  /// Between events, where its process can go on by the new one: what follows, follows at the next.
  /// Its failures are forgiven: what was changed may have been their cause.
  void change_spec(Instance instance, InstanceSpec spec);
  /// Between events; it knows every instance that is not vacant.
  void change_policy(EvictionPolicy policy);

  /// Effects in the order in which they must be done. The executor does all of them before it feeds
  /// the next event; what CloseGate and WatchIdle answer comes as an event of its own.
  std::vector<Effect> handle(const Event& event);

  /// When TimePassed must come at the latest; Time::max(): never.
  Time next_deadline() const;

  State state(Instance instance) const;

  /// Whether all instances of its model may be there beside what runs, and what waits to, with none
  /// of these going for it; what is retired goes anyway.
  bool fits(Instance instance) const;

  /// How the ticket stands as of the last event, with the uses of now; nothing if it waits for
  /// nothing any more.
  std::optional<Standing> standing(Ticket ticket, const std::vector<Use>& uses) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace llmsnap::schedule
