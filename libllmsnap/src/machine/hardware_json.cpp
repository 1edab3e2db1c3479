#include <nlohmann/json.hpp>
#include <utility>

#include "base/timestamp.h"
#include "machine/hardware.h"

namespace llmsnap::machine {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

template <typename Number>
Json positive(const std::optional<Number>& number) {
  return number && *number > 0 ? Json(*number) : Json(nullptr);
}

Json count(int number) {
  return positive(std::optional(number));
}

Json architecture_json(const std::string& machine) {
  if (machine == "aarch64") {
    return {{"name", "arm64"}, {"raw_name", machine}};
  }
  return {{"name", machine.empty() ? Json(nullptr) : Json(machine)}};
}

Json driver_json(const Accelerator& device) {
  if (!device.driver_name && !device.driver_version) {
    return nullptr;
  }
  return {{"name", or_null(device.driver_name)}, {"version", or_null(device.driver_version)}};
}

Json accelerators_json(const std::vector<Accelerator>& devices) {
  Json list = Json::array();
  for (const Accelerator& device : devices) {
    list.push_back(
        {{"index", list.size()},
         {"kind", "gpu"},
         {"vendor", or_null(device.vendor)},
         {"model", or_null(device.model)},
         {"architecture", or_null(device.architecture)},
         {"memory",
          {{"kind", name_of(device.memory)}, {"capacity_bytes", positive(device.memory_bytes)}}},
         {"driver", driver_json(device)},
         {"power_limit_watts", positive(device.power_limit_watts)}});
  }
  return list;
}

}  // namespace

std::string hardware_json(const Hardware& hardware) {
  const Processors& cpu = hardware.processors;
  const Json json{{"schema_version", 1},
                  {"captured_at", utc_timestamp(hardware.at)},
                  {"capture",
                   {{"scope", "inference_host"},
                    {"method", "detected"},
                    {"detector", {{"name", "llmsnap"}, {"version", LLMSNAP_VERSION}}}}},
                  {"architecture", architecture_json(hardware.machine)},
                  {"operating_system",
                   {{"family", "linux"},
                    {"name", or_null(hardware.system.name)},
                    {"version", or_null(hardware.system.version)},
                    {"kernel", or_null(hardware.system.kernel)}}},
                  {"environment",
                   {{"kind", name_of(hardware.environment.kind)},
                    {"name", or_null(hardware.environment.name)},
                    {"version", nullptr}}},
                  {"cpu",
                   {{"vendor", or_null(cpu.vendor)},
                    {"model", or_null(cpu.model)},
                    {"socket_count", count(cpu.sockets)},
                    {"physical_core_count", count(cpu.cores)},
                    {"logical_thread_count", count(cpu.threads)}}},
                  {"memory", {{"capacity_bytes", positive(hardware.memory_bytes)}}},
                  {"accelerators", accelerators_json(hardware.accelerators)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace llmsnap::machine
