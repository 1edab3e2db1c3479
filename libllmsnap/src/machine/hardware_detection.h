// HardwareDetection: finds out once, in the background, what the machine is.
// Thread rule: json from any thread; the rest by the owner.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/unique_fd.h"
#include "machine/hardware.h"

namespace llmsnap::machine {

class HardwareDetection {
 public:
  /// Called once, on a thread that ends after it. It ends by the deadline, and early once the
  /// descriptor is readable.
  using Detect = std::function<Hardware(Deadline deadline, const UniqueFd& interruption)>;

  explicit HardwareDetection(Detect detect = on_this_machine);
  /// Interrupts it where it goes on.
  ~HardwareDetection();
  HardwareDetection(const HardwareDetection&) = delete;
  HardwareDetection& operator=(const HardwareDetection&) = delete;

  /// See hardware_json; null: not found out yet. Shared with who is just sending it.
  std::shared_ptr<const std::string> json() const;

  /// Blocks until it is; false where the deadline came first.
  bool wait(Deadline deadline) const;

  static Hardware on_this_machine(Deadline deadline, const UniqueFd& interruption);
  static constexpr std::chrono::seconds Patience{10};

 private:
  void run(const Detect& detect);

  const UniqueFd interruption_;
  mutable Mutex mutex_;
  mutable CondVar found_;  // json_ was set
  std::shared_ptr<const std::string> json_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace llmsnap::machine
