#include "machine/proc_texts.h"

#include "machine/words.h"

namespace llmsnap::machine {
namespace {

constexpr std::uint64_t Kibibyte = 1024;

/// "<name>: 123 kB" in bytes.
std::optional<std::uint64_t> kibibytes_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) {
      line.remove_prefix(name.size() + 1);
      const auto count = number_in<std::uint64_t>(take_word(line));
      return count ? std::optional(*count * Kibibyte) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<CoreTicks> ticks_in(std::string_view numbers) {
  constexpr int Idle = 3;
  constexpr int WaitsForDisk = 4;
  // What a guest has used is counted in the user's time, too.
  constexpr int Counted = 8;
  CoreTicks ticks;
  for (int i = 0; i < Counted; ++i) {
    const auto count = number_in<std::uint64_t>(take_word(numbers));
    if (!count) {
      return i > Idle ? std::optional(ticks) : std::nullopt;
    }
    ticks.all += *count;
    ticks.busy += i == Idle || i == WaitsForDisk ? 0 : *count;
  }
  return ticks;
}

}  // namespace

std::vector<CoreTicks> core_ticks(std::string_view stat) {
  std::vector<CoreTicks> cores;
  while (!stat.empty()) {
    std::string_view line = take_line(stat);
    const std::string_view name = take_word(line);
    if (!name.starts_with("cpu") || !number_in<int>(name.substr(3))) {
      continue;
    }
    if (const auto ticks = ticks_in(line)) {
      cores.push_back(*ticks);
    }
  }
  return cores;
}

std::vector<double> busy_percent(const std::vector<CoreTicks>& before,
                                 const std::vector<CoreTicks>& now) {
  std::vector<double> percents;
  if (before.size() != now.size()) {
    return percents;
  }
  for (std::size_t i = 0; i < now.size(); ++i) {
    // Counters of a virtual machine can go back.
    const bool forward = now[i].all > before[i].all && now[i].busy >= before[i].busy;
    constexpr double Whole = 100;
    const double part = forward ? static_cast<double>(now[i].busy - before[i].busy) /
                                      static_cast<double>(now[i].all - before[i].all)
                                : 0;
    percents.push_back(std::min(part, 1.0) * Whole);
  }
  return percents;
}

std::optional<MemoryReading> memory_reading(std::string_view meminfo) {
  const auto total = kibibytes_of(meminfo, "MemTotal");
  const auto free = kibibytes_of(meminfo, "MemFree");
  if (!total || !free) {
    return std::nullopt;
  }
  MemoryReading reading;
  reading.total = *total;
  reading.free = *free;
  reading.available = std::min(kibibytes_of(meminfo, "MemAvailable").value_or(*free), *total);
  reading.swap_total = kibibytes_of(meminfo, "SwapTotal").value_or(0);
  reading.swap_free = std::min(kibibytes_of(meminfo, "SwapFree").value_or(0), reading.swap_total);
  return reading;
}

std::optional<std::array<double, 3>> load_averages(std::string_view loadavg) {
  std::array<double, 3> averages{};
  for (double& average : averages) {
    const auto number = number_in<double>(take_word(loadavg));
    if (!number) {
      return std::nullopt;
    }
    average = *number;
  }
  return averages;
}

std::vector<NetworkCounter> network_counters(std::string_view net_dev) {
  constexpr int BetweenReceivedAndSent = 7;
  std::vector<NetworkCounter> counters;
  while (!net_dev.empty() && counters.size() < MostInterfaces) {
    const std::string_view line = take_line(net_dev);
    // Behind the last colon: an alias of an interface has one in its name.
    const std::size_t colon = line.rfind(':');
    if (colon == std::string_view::npos) {
      continue;
    }
    const std::string_view name = trimmed(line.substr(0, colon));
    std::string_view numbers = line.substr(colon + 1);
    const auto received = number_in<std::uint64_t>(take_word(numbers));
    for (int i = 0; i < BetweenReceivedAndSent; ++i) {
      take_word(numbers);
    }
    const auto sent = number_in<std::uint64_t>(take_word(numbers));
    if (received && sent && name != "lo") {
      counters.push_back({std::string(name), *received, *sent});
    }
  }
  return counters;
}

std::optional<std::uint64_t> proportional_bytes(std::string_view smaps_rollup) {
  return kibibytes_of(smaps_rollup, "Pss");
}

std::optional<std::uint64_t> present_pages(std::string_view zoneinfo) {
  std::uint64_t pages = 0;
  while (!zoneinfo.empty()) {
    std::string_view line = take_line(zoneinfo);
    if (take_word(line) == "present") {
      pages += number_in<std::uint64_t>(line).value_or(0);
    }
  }
  return pages > 0 ? std::optional(pages) : std::nullopt;
}

std::optional<std::uint64_t> memory_limit(std::string_view memory_max) {
  const auto bytes = number_in<std::uint64_t>(memory_max);
  return bytes && *bytes > 0 ? bytes : std::nullopt;
}

}  // namespace llmsnap::machine
