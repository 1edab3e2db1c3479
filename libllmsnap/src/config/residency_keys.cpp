#include "config/residency_keys.h"

#include <fmt/format.h>

#include "base/escape.h"
#include "config/yaml_scalar.h"

namespace llmsnap {
namespace {

constexpr std::int64_t MaxPriority = 1'000'000;

/// Negative numbers are no durations, but some mean something.
std::optional<std::int64_t> negative_number(const Field& field) {
  if (field.node().kind != YamlNode::Kind::Scalar) {
    return std::nullopt;
  }
  const ScalarValue value = scalar_value(field.node());
  const auto* number = std::get_if<std::int64_t>(&value);
  return number != nullptr && *number < 0 ? std::optional(*number) : std::nullopt;
}

}  // namespace

Result<void> read_ttl(const Field& field, ModelConfig& model) {
  if (const auto negative = negative_number(field)) {
    return *negative == -1 ? Result<void>()
                           : field.error(fmt::format(
                                 "invalid TTL value {}, expected a time, 0 for never, or -1 for "
                                 "globalTTL",
                                 *negative));
  }
  return field.read(model.ttl);
}

Result<void> read_global_ttl(const Field& field, ModelConfig& defaults) {
  return negative_number(field) ? field.error("globalTTL must be >= 0") : field.read(defaults.ttl);
}

Result<void> read_stop_after(const Field& field, ModelConfig& model) {
  return field.read(model.stop_after);
}

Result<void> read_min_residency(const Field& field, ModelConfig& model) {
  return field.read(model.min_residency);
}

Result<void> read_max_keep_alive(const Field& field, ModelConfig& model) {
  return field.read(model.max_keep_alive.emplace());
}

Result<void> read_priority(const Field& field, ModelConfig& model) {
  std::int64_t priority = 0;
  auto done = field.read_integer(priority, {-MaxPriority, MaxPriority});
  model.priority = static_cast<int>(priority);
  return done;
}

Result<void> read_restart(const Field& field, ModelConfig& model) {
  std::string policy;
  if (auto done = field.read(policy); !done) {
    return done;
  }
  if (policy == "on-failure") {
    model.restart = RestartPolicy::OnFailure;
  } else if (policy == "never") {
    model.restart = RestartPolicy::Never;
  } else {
    return field.error(fmt::format("expected never or on-failure, found \"{}\"", escaped(policy)));
  }
  return {};
}

}  // namespace llmsnap
