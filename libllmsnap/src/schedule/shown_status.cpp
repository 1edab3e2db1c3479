#include "schedule/shown_status.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace llmsnap::schedule {
namespace {

constexpr std::size_t KeptChanges = 500;

}  // namespace

std::string instance_name(const std::string& model, int instance) {
  return instance == 0 ? model : fmt::format("{} #{}", model, instance);
}

ShownStatus::ShownStatus(std::string model, int instance)
    : model_(std::move(model)), instance_(instance) {
  status_.since = std::chrono::system_clock::now();
}

InstanceStatus ShownStatus::read() const {
  const MutexLock lock(mutex_);
  return status_;
}

ModelEvent ShownStatus::change(const Publish& change) {
  const auto now = std::chrono::system_clock::now();
  const MutexLock lock(mutex_);
  status_.state = change.to;
  status_.why = change.why;
  status_.since = now;
  const bool is_gone = change.to == State::Stopped || change.to == State::Failed;
  return {model_,
          instance_,
          change.from,
          change.to,
          change.why,
          now,
          is_gone ? status_.exit_code : std::nullopt,
          change.cause};
}

void ShownStatus::set_process(int pid, std::uint16_t port) {
  const MutexLock lock(mutex_);
  status_.pid = pid;
  status_.port = port;
  if (pid != 0) {
    status_.exit_code.reset();
  }
}

void ShownStatus::set_exit_code(std::optional<int> code) {
  const MutexLock lock(mutex_);
  status_.exit_code = code;
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
  const std::string name = instance_name(event.model, event.instance);
  switch (event.to) {
    case ModelState::Starting:
      return fmt::format("model {}: starts: {}", name, event.why);
    case ModelState::Ready:
      return event.from == ModelState::Starting || event.from == ModelState::Waking
                 ? fmt::format("model {}: ready after {:.2f} s", name, seconds)
                 : fmt::format("model {}: serves again: {}", name, event.why);
    case ModelState::Draining:
      return fmt::format("model {}: takes no new requests: {}", name, event.why);
    case ModelState::Stopping:
      return fmt::format("model {}: is stopped: {}", name, event.why);
    case ModelState::Stopped:
      return fmt::format("model {}: stopped after {:.2f} s: {}", name, seconds, event.why);
    case ModelState::Failed:
      return fmt::format("model {}: failed: {}", name, event.why);
    case ModelState::SleepPending:
      return fmt::format("model {}: is put to sleep: {}", name, event.why);
    case ModelState::Asleep:
      return fmt::format("model {}: asleep after {:.2f} s: {}", name, seconds, event.why);
    case ModelState::Waking:
      return fmt::format("model {}: wakes: {}", name, event.why);
  }
  return {};
}

}  // namespace llmsnap::schedule
