#include "config/model_defaults.h"

#include <array>
#include <optional>
#include <variant>

#include "config/key_table.h"
#include "config/quantity.h"
#include "config/yaml_scalar.h"

namespace llmsnap {
namespace {

constexpr std::int64_t MaxQueue = 1'000'000;
constexpr std::chrono::seconds LeastElsewhere{15};

Result<void> read_unless_zero(const Field& field, std::chrono::milliseconds& out) {
  std::chrono::milliseconds time{0};
  auto done = field.read(time);
  if (done && time.count() > 0) {
    out = time;
  }
  return done;
}

std::optional<double> plain_number(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::Scalar) {
    return std::nullopt;
  }
  const ScalarValue value = scalar_value(node);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    return static_cast<double>(*whole);
  }
  const auto* number = std::get_if<double>(&value);
  return number != nullptr ? std::optional(*number) : std::nullopt;
}

Result<void> read_queue_limit(const Field& field, ModelConfig& out) {
  std::int64_t limit = 0;
  // Not 0: the request that starts a model waits for it in the queue.
  auto done = field.read_integer(limit, {1, MaxQueue});
  if (done) {
    out.queue_limit = static_cast<std::size_t>(limit);
  }
  return done;
}

Result<void> read_queue_timeout(const Field& field, ModelConfig& out) {
  auto done = field.read(out.queue_timeout);
  return done && out.queue_timeout.count() == 0 ? field.error("expected a time over 0") : done;
}

constexpr std::array<KeyRule<ModelConfig>, 2> QueueRules{{
    {"limit", read_queue_limit},
    {"timeout", read_queue_timeout},
}};

}  // namespace

Result<void> read_health_check_timeout(const Field& field, ModelConfig& out) {
  return read_unless_zero(field, out.health_check_timeout);
}

Result<void> read_global_health_check_timeout(const Field& field, ModelConfig& out) {
  // A text is a spelling of ours alone: who writes one knows what it means here.
  const auto number = plain_number(field.node());
  if (number && *number < LeastElsewhere.count() && *number != 0) {
    field.warn(
        "a number below 15 means 15 s, as in llama-swap; write it with its unit (5s) if less is "
        "meant");
    out.health_check_timeout = LeastElsewhere;
    return {};
  }
  return read_health_check_timeout(field, out);
}

Result<void> read_unload_timeout(const Field& field, ModelConfig& out) {
  return read_unless_zero(field, out.unload_timeout);
}

Result<void> read_queue(const Field& field, ModelConfig& out) {
  return read_section<ModelConfig>(field, QueueRules, out);
}

Result<void> read_max_wait(const Field& field, ModelConfig& out) {
  return field.read(out.max_wait);
}

Result<void> read_drain_timeout(const Field& field, ModelConfig& out) {
  return field.read(out.drain_timeout);
}

Result<void> read_send_loading_state(const Field& field, ModelConfig& out) {
  return field.read(out.send_loading_state);
}

Result<void> read_keep_alive_while_loading(const Field& field, ModelConfig& out) {
  const bool is_scalar = field.node().kind == YamlNode::Kind::Scalar;
  const auto wanted = is_scalar ? parse_boolean(field.node().text) : std::nullopt;
  if (!wanted) {
    return field.read(out.keep_alive_while_loading);
  }
  if (!*wanted) {
    out.keep_alive_while_loading = std::chrono::milliseconds(0);
  } else if (out.keep_alive_while_loading.count() == 0) {
    out.keep_alive_while_loading = ModelConfig().keep_alive_while_loading;
  }
  return {};
}

}  // namespace llmsnap
