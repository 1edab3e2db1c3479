// MachineMonitor: looks at the machine every so often, on a thread of its own, and keeps an hour of
// it. Thread rule: every method from any thread; subscribers run on the monitor's.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "event/subscriber_list.h"
#include "llmsnap/recording_config.h"
#include "machine/gpu_source.h"
#include "machine/model_memory.h"
#include "machine/sample_ring.h"
#include "machine/samples.h"

namespace llmsnap::machine {

/// How the machine is looked at. All are called on the monitor's thread, and may block there.
struct MachineEyes {
  /// From where the processors' times count.
  std::function<void()> begin;
  std::function<SystemSample()> system;  ///< all but the models
  /// Begins to watch GPUs, every so often; what it gives is dropped on the same thread.
  std::function<std::function<std::vector<GpuSample>()>(std::chrono::milliseconds every)> gpus;
  std::function<std::vector<ModelMemory>()> models;
};

/// `processes`: of the models, as they are now.
MachineEyes eyes_on_this_machine(std::function<std::vector<ModelProcess>()> processes);

class MachineMonitor {
 public:
  /// Looks for the first time after one interval. No more often than LeastInterval.
  MachineMonitor(const RecordingConfig& config, MachineEyes eyes);
  /// Ends a look in progress first.
  ~MachineMonitor();
  MachineMonitor(const MachineMonitor&) = delete;
  MachineMonitor& operator=(const MachineMonitor&) = delete;

  /// What is kept goes where `performance` has changed; else nothing happens.
  void change(const RecordingConfig& config);

  bool enabled() const;
  /// Null before the first look, and while it is not enabled.
  SharedSample newest() const;
  /// Oldest first; those that are later than `after`, or all.
  std::vector<SharedSample> samples(std::optional<WallTime> after = std::nullopt) const;

  /// Hears of each sample from now on.
  Subscription on_sample(std::function<void(const MachineSample&)> subscriber);

  static constexpr std::chrono::milliseconds LeastInterval{100};
  static constexpr std::chrono::hours Kept{1};

 private:
  /// What is in force, and which change of it this is.
  struct Settings {
    bool enabled = false;
    std::chrono::milliseconds every{0};
    unsigned number = 0;
  };

  static Settings settings_of(const RecordingConfig& config);
  static std::size_t capacity_of(const Settings& settings);
  void run();
  void watch(const Settings& settings);
  bool wait_until(Deadline deadline, unsigned number);
  void keep(SharedSample sample, unsigned number);

  const MachineEyes eyes_;
  SubscriberList subscribers_;

  mutable Mutex mutex_;
  CondVar changed_;  // settings_ or stopping_
  Settings settings_ GUARDED_BY(mutex_);
  SampleRing<SharedSample> kept_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace llmsnap::machine
