#include "schedule/shown_status.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace llmsnap::schedule {
namespace {

constexpr std::size_t KeptChanges = 500;

}  // namespace

ShownStatus::ShownStatus(std::string model) {
  status_.model = std::move(model);
  status_.since = std::chrono::system_clock::now();
}

ModelStatus ShownStatus::read() const {
  const MutexLock lock(mutex_);
  return status_;
}

ModelEvent ShownStatus::change(const Publish& change) {
  const auto now = std::chrono::system_clock::now();
  const MutexLock lock(mutex_);
  status_.state = change.to;
  status_.why = change.why;
  status_.since = now;
  return {status_.model, change.from, change.to, change.why, now};
}

void ShownStatus::set_process(int pid, std::uint16_t port) {
  const MutexLock lock(mutex_);
  status_.pid = pid;
  status_.port = port;
}

void ChangeHistory::add(const ModelEvent& event) {
  const MutexLock lock(mutex_);
  latest_.push_back(event);
  if (latest_.size() > KeptChanges) {
    latest_.pop_front();
  }
}

std::vector<ModelEvent> ChangeHistory::latest() const {
  const MutexLock lock(mutex_);
  return {latest_.begin(), latest_.end()};
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
