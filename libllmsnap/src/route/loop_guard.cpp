#include "route/loop_guard.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <random>

namespace llmsnap::route {
namespace {

constexpr std::string_view Pseudonym = "1.1 llmsnapd";
constexpr std::size_t MostGateways = 8;

std::size_t count_of(std::string_view part, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; ++count) {
    at += part.size();
  }
  return count;
}

}  // namespace

LoopGuard::LoopGuard() {
  std::random_device device;
  const std::uint64_t mark = (std::uint64_t{device()} << 32) | device();
  via_ = fmt::format("{} ({:016x})", Pseudonym, mark);
}

bool LoopGuard::is_loop(const wire::RequestHead& head) const {
  std::size_t gateways = 0;
  for (const wire::Field& field : head.fields) {
    if (wire::same_name(field.name, "via")) {
      if (field.value.find(via_) != std::string_view::npos) {
        return true;
      }
      gateways += count_of(Pseudonym, field.value);
    }
  }
  return gateways >= MostGateways;
}

}  // namespace llmsnap::route
