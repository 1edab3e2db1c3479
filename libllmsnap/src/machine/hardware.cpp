#include "machine/hardware.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "machine/words.h"

namespace llmsnap::machine {
namespace {

/// The names of those who make processors that name their maker by number.
std::optional<std::string> maker_of(std::string_view implementer) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> Makers{
      {{"0x41", "ARM"},
       {"0x42", "Broadcom"},
       {"0x43", "Cavium"},
       {"0x48", "HiSilicon"},
       {"0x4e", "NVIDIA"},
       {"0x51", "Qualcomm"},
       {"0x61", "Apple"},
       {"0xc0", "Ampere"}}};
  const auto* const maker =
      std::find_if(Makers.begin(), Makers.end(),
                   [implementer](const auto& one) { return one.first == implementer; });
  return maker == Makers.end() ? std::nullopt : std::optional(std::string(maker->second));
}

void set_first(std::optional<std::string>& into, std::string_view value) {
  if (!into && !value.empty()) {
    into = std::string(value);
  }
}

/// The value of NAME=value or NAME="value".
std::string unquoted(std::string_view value) {
  value = trimmed(value);
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
      value.back() == value.front()) {
    value = value.substr(1, value.size() - 2);
  }
  return std::string(value);
}

}  // namespace

std::string_view name_of(EnvironmentKind kind) {
  switch (kind) {
    case EnvironmentKind::Native:
      return "native";
    case EnvironmentKind::Container:
      return "container";
    case EnvironmentKind::VirtualMachine:
      return "virtual_machine";
    case EnvironmentKind::Wsl:
      return "wsl";
    case EnvironmentKind::Unknown:
      break;
  }
  return "unknown";
}

Processors processors_in(std::string_view cpuinfo) {
  Processors found;
  std::set<std::string_view> sockets;
  std::set<std::pair<std::string_view, std::string_view>> cores;
  std::string_view socket;
  while (!cpuinfo.empty()) {
    const std::string_view line = take_line(cpuinfo);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      continue;
    }
    const std::string_view name = trimmed(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (name == "processor" && number_in<int>(value)) {
      ++found.threads;
      socket = {};
    } else if (name == "physical id") {
      socket = value;
      sockets.insert(value);
    } else if (name == "core id") {
      cores.emplace(socket, value);  // behind its physical id
    } else if (name == "vendor_id") {
      set_first(found.vendor, value);
    } else if (name == "model name") {
      set_first(found.model, value);
    } else if (name == "CPU implementer" && !found.vendor) {
      found.vendor = maker_of(value);
    }
  }
  found.sockets = static_cast<int>(sockets.size());
  found.cores = static_cast<int>(cores.size());
  return found;
}

OperatingSystem system_in(std::string_view os_release) {
  OperatingSystem system;
  while (!os_release.empty()) {
    const std::string_view line = take_line(os_release);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      continue;
    }
    const std::string_view name = trimmed(line.substr(0, equals));
    if (name == "NAME") {
      set_first(system.name, unquoted(line.substr(equals + 1)));
    } else if (name == "VERSION_ID") {
      set_first(system.version, unquoted(line.substr(equals + 1)));
    }
  }
  return system;
}

Environment environment_of(const EnvironmentSigns& signs) {
  // A container within WSL or a virtual machine is a container first of all.
  if (signs.docker_mark) {
    return {EnvironmentKind::Container, "docker"};
  }
  if (signs.podman_mark) {
    return {EnvironmentKind::Container, "podman"};
  }
  if (!signs.container.empty() && signs.container != "wsl") {
    return {EnvironmentKind::Container, signs.container};
  }
  if (ascii::contains_ignoring_case(signs.kernel, "microsoft")) {
    return {EnvironmentKind::Wsl, "WSL"};
  }
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> Hosts{
      {{"QEMU", "QEMU"},
       {"KVM", "KVM"},
       {"VMware", "VMware"},
       {"VirtualBox", "VirtualBox"},
       {"Amazon EC2", "Amazon EC2"},
       {"Google", "Google Compute Engine"},
       {"Virtual Machine", "Hyper-V"},
       {"Xen", "Xen"}}};
  const std::string board = signs.system_vendor + ' ' + signs.system_product;
  for (const auto& [mark, name] : Hosts) {
    // The same makers' bare machines have boards of the same name.
    if (signs.hypervisor_flag && ascii::contains_ignoring_case(board, mark)) {
      return {EnvironmentKind::VirtualMachine, std::string(name)};
    }
  }
  if (signs.hypervisor_flag) {
    return {EnvironmentKind::VirtualMachine, std::nullopt};
  }
  return {signs.kernel.empty() ? EnvironmentKind::Unknown : EnvironmentKind::Native, std::nullopt};
}

}  // namespace llmsnap::machine
