#include "schedule/status_board.h"

#include <fmt/format.h>

#include <chrono>

namespace llmsnap::schedule {
namespace {

constexpr std::size_t KeptChanges = 500;

}  // namespace

StatusBoard::StatusBoard(const std::vector<std::string>& names) : statuses_(names.size()) {
  const auto now = std::chrono::system_clock::now();
  for (std::size_t i = 0; i < names.size(); ++i) {
    statuses_[i].model = names[i];
    statuses_[i].since = now;
  }
}

ModelStatus StatusBoard::status(Instance instance) const {
  const MutexLock lock(mutex_);
  return statuses_[instance];
}

ModelEvent StatusBoard::change(const Publish& change) {
  const auto now = std::chrono::system_clock::now();
  const MutexLock lock(mutex_);
  ModelStatus& status = statuses_[change.instance];
  status.state = change.to;
  status.why = change.why;
  status.since = now;
  ModelEvent event{status.model, change.from, change.to, change.why, now};
  latest_.push_back(event);
  if (latest_.size() > KeptChanges) {
    latest_.pop_front();
  }
  return event;
}

std::vector<ModelEvent> StatusBoard::latest() const {
  const MutexLock lock(mutex_);
  return {latest_.begin(), latest_.end()};
}

void StatusBoard::set_process(Instance instance, int pid, std::uint16_t port) {
  const MutexLock lock(mutex_);
  statuses_[instance].pid = pid;
  statuses_[instance].port = port;
}

std::string change_line(const ModelEvent& event, SteadyClock::duration lasted) {
  const double seconds = std::chrono::duration<double>(lasted).count();
  switch (event.to) {
    case ModelState::Starting:
      return fmt::format("model {}: starts: {}", event.model, event.why);
    case ModelState::Ready:
      return event.from == ModelState::Starting || event.from == ModelState::Waking
                 ? fmt::format("model {}: ready after {:.2f} s", event.model, seconds)
                 : fmt::format("model {}: serves again: {}", event.model, event.why);
    case ModelState::Draining:
      return fmt::format("model {}: takes no new requests: {}", event.model, event.why);
    case ModelState::Stopping:
      return fmt::format("model {}: is stopped: {}", event.model, event.why);
    case ModelState::Stopped:
      return fmt::format("model {}: stopped after {:.2f} s: {}", event.model, seconds, event.why);
    case ModelState::Failed:
      return fmt::format("model {}: failed: {}", event.model, event.why);
    case ModelState::SleepPending:
      return fmt::format("model {}: is put to sleep: {}", event.model, event.why);
    case ModelState::Asleep:
      return fmt::format("model {}: asleep after {:.2f} s: {}", event.model, seconds, event.why);
    case ModelState::Waking:
      return fmt::format("model {}: wakes: {}", event.model, event.why);
  }
  return {};
}

}  // namespace llmsnap::schedule
