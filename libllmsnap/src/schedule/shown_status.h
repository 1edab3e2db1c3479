// What is shown of an instance, and the latest changes of all: for everybody to read; and the log
// lines about them. Thread rule: written by the control thread; read from any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "llmsnap/model_state.h"
#include "schedule/effect.h"
#include "schedule/state.h"

namespace llmsnap::schedule {

/// What an instance is called in the log. `instance`: as in ModelEvent.
std::string instance_name(const std::string& model, int instance);

/// How one instance stands.
class ShownStatus {
 public:
  /// `instance`: as in ModelEvent.
  ShownStatus(std::string model, int instance);

  InstanceStatus read() const;

  /// Answers with the change as others see it.
  ModelEvent change(const Publish& change);
  /// Of the life that has begun; 0 when it has ended.
  void set_process(int pid, std::uint16_t port);
  void set_exit_code(std::optional<int> code);

 private:
  mutable Mutex mutex_;
  const std::string model_;
  const int instance_;
  InstanceStatus status_ GUARDED_BY(mutex_);
};

/// The latest changes, oldest first.
class ChangeHistory {
 public:
  void add(const ModelEvent& event);
  std::vector<ModelEvent> latest() const;

 private:
  mutable Mutex mutex_;
  std::deque<ModelEvent> latest_ GUARDED_BY(mutex_);
};

/// What a reader of the log is told of a change, after `lasted` in the state before.
std::string change_line(const ModelEvent& event, SteadyClock::duration lasted);

}  // namespace llmsnap::schedule
