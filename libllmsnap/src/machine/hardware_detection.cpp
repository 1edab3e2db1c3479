#include "machine/hardware_detection.h"

#include <sys/eventfd.h>

#include <chrono>
#include <utility>

#include "base/thread_name.h"
#include "machine/hardware_reader.h"
#include "machine/nvidia_smi.h"

namespace llmsnap::machine {

HardwareDetection::HardwareDetection(Detect detect)
    : interruption_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this, detect = std::move(detect)] { run(detect); }) {}

HardwareDetection::~HardwareDetection() {
  ::eventfd_write(interruption_.get(), 1);
  thread_.join();
}

Hardware HardwareDetection::on_this_machine(Deadline deadline, const UniqueFd& interruption) {
  return read_hardware(SystemFiles(),
                       nvidia_accelerators(NvidiaSmi::Program, deadline, interruption));
}

void HardwareDetection::run(const Detect& detect) {
  name_this_thread("llmsnap-detect");
  Hardware found = detect(SteadyClock::now() + Patience, interruption_);
  found.at = std::chrono::system_clock::now();
  auto json = std::make_shared<const std::string>(hardware_json(found));
  {
    const MutexLock lock(mutex_);
    json_ = std::move(json);
  }
  found_.notify_all();
}

bool HardwareDetection::wait(Deadline deadline) const {
  const MutexLock lock(mutex_);
  while (json_ == nullptr && SteadyClock::now() < deadline) {
    found_.wait_until(mutex_, deadline);
  }
  return json_ != nullptr;
}

std::shared_ptr<const std::string> HardwareDetection::json() const {
  const MutexLock lock(mutex_);
  return json_;
}

}  // namespace llmsnap::machine
