// Hardware: what the machine is: processor, memory, system, accelerators; as found once, and as it
// is told in JSON. Thread rule: plain values, pure functions. PURE.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "machine/accelerator.h"
#include "machine/samples.h"

namespace llmsnap::machine {

struct Processors {
  std::optional<std::string> vendor;
  std::optional<std::string> model;
  int sockets = 0;  ///< 0, here and below: not known
  int cores = 0;
  int threads = 0;
  friend bool operator==(const Processors&, const Processors&) = default;
};

struct OperatingSystem {
  std::optional<std::string> name;
  std::optional<std::string> version;
  std::optional<std::string> kernel;
  friend bool operator==(const OperatingSystem&, const OperatingSystem&) = default;
};

enum class EnvironmentKind { Unknown, Native, Container, VirtualMachine, Wsl };
std::string_view name_of(EnvironmentKind kind);

struct Environment {
  EnvironmentKind kind = EnvironmentKind::Unknown;
  std::optional<std::string> name;  ///< docker, podman, KVM, ...
  friend bool operator==(const Environment&, const Environment&) = default;
};

struct Hardware {
  WallTime at;
  std::string machine;  ///< as uname tells it: x86_64, aarch64
  OperatingSystem system;
  Environment environment;
  Processors processors;
  std::optional<std::uint64_t> memory_bytes;
  std::vector<Accelerator> accelerators;
};

/// In the references' shape. What is not known is null, as is a number that cannot be; which device
/// one is (its serial numbers, where it is plugged in) is not told.
std::string hardware_json(const Hardware& hardware);

/// /proc/cpuinfo.
Processors processors_in(std::string_view cpuinfo);

/// /etc/os-release; without the kernel.
OperatingSystem system_in(std::string_view os_release);

/// What tells where we run.
struct EnvironmentSigns {
  std::string kernel;         ///< /proc/sys/kernel/osrelease
  bool docker_mark = false;   ///< /.dockerenv is there
  bool podman_mark = false;   ///< /run/.containerenv is there
  std::string container;      ///< what systemd says in /run/systemd/container
  std::string system_vendor;  ///< of the board, and its product
  std::string system_product;
  bool hypervisor_flag = false;  ///< in /proc/cpuinfo
};
Environment environment_of(const EnvironmentSigns& signs);

}  // namespace llmsnap::machine
