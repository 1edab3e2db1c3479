// What Linux tells in /proc and in cgroups about processors, memory, load and network, taken out of
// its texts. Thread rule: pure functions. PURE.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "machine/samples.h"

namespace llmsnap::machine {

/// Ticks of one core since the boot.
struct CoreTicks {
  std::uint64_t busy = 0;
  std::uint64_t all = 0;
  friend bool operator==(const CoreTicks&, const CoreTicks&) = default;
};

/// /proc/stat: of each core that is on, in order.
std::vector<CoreTicks> core_ticks(std::string_view stat);

/// How busy each core was between the two; nothing where their number has changed.
std::vector<double> busy_percent(const std::vector<CoreTicks>& before,
                                 const std::vector<CoreTicks>& now);

/// /proc/meminfo.
std::optional<MemoryReading> memory_reading(std::string_view meminfo);

/// /proc/loadavg.
std::optional<std::array<double, 3>> load_averages(std::string_view loadavg);

/// Interfaces that are kept of /proc/net/dev: a host of containers has one for each.
inline constexpr std::size_t MostInterfaces = 64;

/// /proc/net/dev, without the loopback.
std::vector<NetworkCounter> network_counters(std::string_view net_dev);

/// Bytes of PSS in /proc/<pid>/smaps_rollup.
std::optional<std::uint64_t> proportional_bytes(std::string_view smaps_rollup);

/// Pages that are there in all zones of /proc/zoneinfo: the memory that is built in.
std::optional<std::uint64_t> present_pages(std::string_view zoneinfo);

/// memory.max of a cgroup; nothing: no limit.
std::optional<std::uint64_t> memory_limit(std::string_view memory_max);

}  // namespace llmsnap::machine
