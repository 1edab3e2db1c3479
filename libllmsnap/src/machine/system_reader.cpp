#include "machine/system_reader.h"

#include <string>
#include <utility>

namespace llmsnap::machine {

void SystemReader::begin() {
  ticks_ = core_ticks(files_.read("/proc/stat").value_or(std::string()));
}

SystemSample SystemReader::read() {
  SystemSample sample;
  const std::vector<CoreTicks> before = std::move(ticks_);
  begin();
  sample.cpu_percent = busy_percent(before, ticks_);
  sample.memory = memory_reading(files_.read("/proc/meminfo").value_or(std::string()));
  sample.load = load_averages(files_.read("/proc/loadavg").value_or(std::string()));
  sample.network = network_counters(files_.read("/proc/net/dev").value_or(std::string()));
  return sample;
}

}  // namespace llmsnap::machine
