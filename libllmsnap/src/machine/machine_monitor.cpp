#include "machine/machine_monitor.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/thread_name.h"
#include "machine/gpu_watch.h"
#include "machine/system_reader.h"

namespace llmsnap::machine {
namespace {

// Nobody relies on this: it turns a lost wake-up into late work instead of lost work.
constexpr std::chrono::minutes IdleCheck{1};

}  // namespace

MachineEyes eyes_on_this_machine(std::function<std::vector<ModelProcess>()> processes) {
  // Owners: the two functions, which are called by one thread.
  const auto system = std::make_shared<SystemReader>(SystemFiles());
  const auto memory = std::make_shared<ModelMemoryReader>(SystemFiles());
  MachineEyes eyes;
  eyes.begin = [system] { system->begin(); };
  eyes.system = [system] { return system->read(); };
  eyes.gpus = [](std::chrono::milliseconds every) -> std::function<std::vector<GpuSample>()> {
    // A function is copied, a watch is not.
    const auto watch = std::make_shared<GpuWatch>(ways_of_this_machine(every));
    return [watch] { return watch->read(SteadyClock::now()); };
  };
  eyes.models = [memory, processes = std::move(processes)] {
    return memory->read(processes(), SteadyClock::now());
  };
  return eyes;
}

MachineMonitor::Settings MachineMonitor::settings_of(const RecordingConfig& config) {
  return {config.watches_machine, std::max(config.watch_interval, LeastInterval), 0};
}

std::size_t MachineMonitor::capacity_of(const Settings& settings) {
  return settings.enabled ? std::max<std::size_t>(Kept / settings.every, 1) : 0;
}

MachineMonitor::MachineMonitor(const RecordingConfig& config, MachineEyes eyes)
    : eyes_(std::move(eyes)),
      settings_(settings_of(config)),
      kept_(capacity_of(settings_of(config))),
      thread_([this] { run(); }) {}

MachineMonitor::~MachineMonitor() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void MachineMonitor::change(const RecordingConfig& config) {
  Settings next = settings_of(config);
  {
    const MutexLock lock(mutex_);
    if (next.enabled == settings_.enabled && next.every == settings_.every) {
      return;
    }
    next.number = settings_.number + 1;
    settings_ = next;
    kept_ = SampleRing<SharedSample>(capacity_of(next));
  }
  changed_.notify_all();
}

bool MachineMonitor::enabled() const {
  const MutexLock lock(mutex_);
  return settings_.enabled;
}

SharedSample MachineMonitor::newest() const {
  const MutexLock lock(mutex_);
  return kept_.empty() ? nullptr : kept_.newest();
}

std::vector<SharedSample> MachineMonitor::samples(std::optional<WallTime> after) const {
  std::vector<SharedSample> found;
  const MutexLock lock(mutex_);
  std::copy_if(kept_.begin(), kept_.end(), std::back_inserter(found),
               [&after](const SharedSample& sample) { return !after || sample->at > *after; });
  return found;
}

Subscription MachineMonitor::on_sample(std::function<void(const MachineSample&)> subscriber) {
  return subscribers_.add([subscriber = std::move(subscriber)](const void* event) {
    subscriber(*static_cast<const MachineSample*>(event));
  });
}

void MachineMonitor::run() {
  name_this_thread("llmsnap-watch");
  while (true) {
    Settings settings;
    {
      const MutexLock lock(mutex_);
      if (stopping_) {
        return;
      }
      settings = settings_;
    }
    if (settings.enabled) {
      watch(settings);
    } else {
      wait_until(NoDeadline, settings.number);
    }
  }
}

/// Until other settings are in force.
void MachineMonitor::watch(const Settings& settings) {
  const auto gpus = eyes_.gpus(settings.every);
  eyes_.begin();
  auto next = SteadyClock::now() + settings.every;
  while (wait_until(next, settings.number)) {
    MachineSample sample;
    sample.at = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    sample.system = eyes_.system();
    sample.system.models = eyes_.models();
    sample.gpus = gpus();
    auto shared = std::make_shared<const MachineSample>(std::move(sample));
    keep(shared, settings.number);
    subscribers_.deliver(shared.get());
    // After a look that took long no look is made up for.
    next = std::max(next + settings.every, SteadyClock::now());
  }
}

/// False, and at once, when these settings are not in force any more.
bool MachineMonitor::wait_until(Deadline deadline, unsigned number) {
  const MutexLock lock(mutex_);
  while (!stopping_ && settings_.number == number) {
    const auto now = SteadyClock::now();
    if (now >= deadline) {
      return true;
    }
    changed_.wait_until(mutex_, std::min(deadline, now + IdleCheck));
  }
  return false;
}

void MachineMonitor::keep(SharedSample sample, unsigned number) {
  const MutexLock lock(mutex_);
  if (settings_.number == number) {
    kept_.add(std::move(sample));
  }
}

}  // namespace llmsnap::machine
