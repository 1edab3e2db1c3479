// ModelState: where a model's process stands, and what is told of it.
// Thread rule: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmsnap {

enum class ModelState {
  Stopped,   ///< no process
  Starting,  ///< a process that is not ready yet
  Ready,     ///< serves
  Draining,  ///< lets its requests end, then stops; serves again if nobody needs its room any more
  Stopping,  ///< told to stop; its exit has not been seen
  Failed,    ///< no process: its last start or life ended badly
  SleepPending,  ///< told to sleep; that it does was not seen
  Asleep,        ///< its process lives and has given its memory back
  Waking,        ///< takes its memory again; not ready yet
};

/// "stopped", "starting", ...
std::string_view name_of(ModelState state);

/// Why the gateway stops a model or puts it to sleep.
enum class GoingCause {
  Room,      ///< another one needs its room
  Idle,      ///< nobody has asked for it for long enough, or it has slept for long enough
  Unload,    ///< an operator wanted it stopped
  Sleep,     ///< an operator wanted it to sleep
  Config,    ///< the config has another in its place, or has it no more
  Failure,   ///< it did not start, wake, fall asleep or serve as it should
  Shutdown,  ///< the gateway ends
};

/// "room", "idle", ...
std::string_view name_of(GoingCause cause);

/// How one instance of a model that has several stands.
struct InstanceStatus {
  ModelState state = ModelState::Stopped;
  std::string why;
  std::chrono::system_clock::time_point since;
  int pid = 0;
  std::uint16_t port = 0;
  std::size_t in_flight = 0;
  std::optional<int> exit_code = {};  ///< as in ModelStatus
};

/// How one model with a `cmd` stands; of several instances the one that is nearest to serving.
struct ModelStatus {
  std::string model;
  ModelState state = ModelState::Stopped;
  std::string why;  ///< the state: what was asked for, or what went wrong
  std::chrono::system_clock::time_point since;  ///< of the state
  int pid = 0;                                  ///< 0: no process
  std::uint16_t port = 0;                       ///< what `${PORT}` is in this life
  std::size_t in_flight = 0;                    ///< requests, at all instances
  std::size_t waiting = 0;                      ///< requests that wait for it, or a place at it
  /// Of the process that was there last, 128 and the signal's number where one ended it. Absent
  /// where there was none, or a new one has begun.
  std::optional<int> exit_code = {};
  std::vector<InstanceStatus> instances;  ///< in order; empty where there is but one
};

/// A change of a model's state.
struct ModelEvent {
  std::string model;
  int instance = 0;  ///< 1, 2, ...; 0: it has but one
  ModelState from = ModelState::Stopped;
  ModelState to = ModelState::Stopped;
  std::string why;
  std::chrono::system_clock::time_point at;
  std::optional<int> exit_code = {};  ///< as in ModelStatus, where the process is gone
  /// Where the gateway lets it go: of changes to Draining, SleepPending and Stopping.
  std::optional<GoingCause> cause = {};
};

}  // namespace llmsnap
