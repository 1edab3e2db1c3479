// Accelerator: what is known of a device that models run on, and how what several sources know of
// one is put together. Thread rule: pure functions, plain values. PURE.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmsnap::machine {

enum class AcceleratorMemory { Unknown, Dedicated, Unified, SharedSystem };
std::string_view name_of(AcceleratorMemory kind);

struct Accelerator {
  /// Which one it is; never shown to anybody.
  std::string pci_address;  ///< as pci_address_of writes it; empty: not known
  std::string uuid;

  std::optional<std::string> vendor;
  std::optional<std::string> model;
  std::optional<std::string> architecture;
  AcceleratorMemory memory = AcceleratorMemory::Unknown;
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::string> driver_name;
  std::optional<std::string> driver_version;
  std::optional<double> power_limit_watts;
  friend bool operator==(const Accelerator&, const Accelerator&) = default;
};

/// Entries of one device become one, at the place of the first; the first that knows something
/// wins.
std::vector<Accelerator> merged(const std::vector<Accelerator>& found);

/// "0000:01:00.0", of the longer domains of NVIDIA's tools too; empty: no such address.
std::string pci_address_of(std::string_view text);

/// The name of NVIDIA's architecture with that compute capability.
std::optional<std::string> nvidia_architecture(int major, int minor);
/// "8.9".
std::optional<std::string> nvidia_architecture(std::string_view compute_capability);

/// "gfx1100" of 110000, as the kernel's driver for AMD's compute devices writes it; nothing of 0.
std::optional<std::string> gfx_architecture(std::uint64_t target_version);

/// A `properties` file of /sys/class/kfd/kfd/topology/nodes; nothing of a processor alone.
std::optional<Accelerator> kfd_accelerator(std::string_view properties);

}  // namespace llmsnap::machine
