// What was seen of the machine at one moment: its processors, memory, network, GPUs, and what the
// models' processes hold. Thread rule: plain values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace llmsnap::machine {

using WallTime = std::chrono::system_clock::time_point;

struct NetworkCounter {
  std::string interface;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  friend bool operator==(const NetworkCounter&, const NetworkCounter&) = default;
};

struct MemoryReading {
  std::uint64_t total = 0;      ///< bytes, here and below
  std::uint64_t free = 0;       ///< in use for nothing
  std::uint64_t available = 0;  ///< what a new program could have; the rest counts as used
  std::uint64_t swap_total = 0;
  std::uint64_t swap_free = 0;
  friend bool operator==(const MemoryReading&, const MemoryReading&) = default;
};

/// Of all processes of a model: what they alone hold, and their share of what they have in common
/// with others (PSS).
struct ModelMemory {
  std::string model;
  std::uint64_t bytes = 0;
  friend bool operator==(const ModelMemory&, const ModelMemory&) = default;
};

/// What could not be read is absent.
struct SystemSample {
  std::vector<double> cpu_percent;  ///< of each core since the sample before
  std::optional<MemoryReading> memory;
  std::optional<std::array<double, 3>> load;  ///< over 1, 5 and 15 minutes
  std::vector<NetworkCounter> network;        ///< without the loopback
  std::vector<ModelMemory> models;
};

/// What the device does not tell is absent, and never 0.
struct GpuSample {
  int id = 0;
  std::string name;
  std::string uuid;
  std::optional<double> temperature_celsius;
  std::optional<double> memory_temperature_celsius;
  std::optional<double> busy_percent;
  std::optional<std::uint64_t> memory_used;  ///< bytes
  std::optional<std::uint64_t> memory_total;
  std::optional<double> fan_percent;
  std::optional<double> power_watts;
  friend bool operator==(const GpuSample&, const GpuSample&) = default;

  /// 0 where there is none; absent where one of the two is not known.
  std::optional<double> memory_percent() const {
    if (!memory_used || !memory_total) {
      return std::nullopt;
    }
    constexpr double Whole = 100;
    return *memory_total == 0
               ? 0
               : static_cast<double>(*memory_used) / static_cast<double>(*memory_total) * Whole;
  }
};

struct MachineSample {
  WallTime at;  ///< whole milliseconds, as it is told to others
  SystemSample system;
  std::vector<GpuSample> gpus;  ///< sorted by id
};

/// Shared by the history and those who are reading it.
using SharedSample = std::shared_ptr<const MachineSample>;

}  // namespace llmsnap::machine
