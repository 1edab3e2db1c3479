#include "config/sleep_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/escape.h"
#include "config/key_table.h"
#include "config/ports.h"
#include "config/process_keys.h"
#include "config/quantity.h"

namespace llmsnap {
namespace {

constexpr std::chrono::seconds LeastStepTimeout{1};
constexpr std::chrono::seconds UsualStepTimeout{10};
/// To move the weights of a large model takes its time.
constexpr std::chrono::minutes PresetTimeout{2};
constexpr std::array<std::string_view, 4> StepMethods{"GET", "POST", "PUT", "PATCH"};

struct Preset {
  std::string engine;
  std::optional<std::int64_t> level;
  std::vector<std::string> tags;
};

/// One step, of that model.
struct StepReading {
  const ModelConfig& model;
  SleepStep& step;
};

Result<void> read_step_target(const Field& field, StepReading& out) {
  std::string& target = out.step.target;
  if (auto done = read_process_text(field, out.model, PortOnly, "endpoint", target); !done) {
    return done;
  }
  if (!target.starts_with('/')) {
    target.insert(0, "/");
  }
  const std::string why = why_no_target(with_port(target, out.model.port));
  return why.empty() ? Result<void>() : field.error(why);
}

Result<void> read_step_method(const Field& field, StepReading& out) {
  std::string text;
  if (auto done = field.read(text); !done) {
    return done;
  }
  for (const std::string_view method : StepMethods) {
    if (ascii::equal_ignoring_case(method, text)) {
      out.step.method = method;
      return {};
    }
  }
  return field.error(
      fmt::format("invalid method \"{}\", expected GET, POST, PUT or PATCH", escaped(text)));
}

Result<void> read_step_body(const Field& field, StepReading& out) {
  return read_process_text(field, out.model, PortOnly, "body", out.step.body);
}

Result<void> read_own_timeout(const Field& field, StepReading& out) {
  std::chrono::milliseconds time{0};
  auto done = field.read(time);
  if (done && time.count() > 0) {
    out.step.timeout = time;
  }
  return done;
}

constexpr std::array<KeyRule<StepReading>, 4> StepRules{{
    {"endpoint", read_step_target},
    {"method", read_step_method},
    {"body", read_step_body},
    {"timeout", read_own_timeout},
}};

Result<void> read_steps(const Field& field, const ModelConfig& model,
                        std::chrono::milliseconds timeout, std::vector<SleepStep>& out) {
  if (auto list = field.expect_list(); !list) {
    return list;
  }
  AllDone done(field.diagnostics());
  for (std::size_t index = 0; index < field.node().items.size(); ++index) {
    const Field item = field.item(index);
    SleepStep& step = out.emplace_back();
    step.timeout = timeout;
    StepReading reading{model, step};
    Result<void> read = read_section<StepReading>(item, StepRules, reading);
    if (read && step.target.empty()) {
      read = item.error("endpoint path is required");
    }
    done.add(std::move(read));
  }
  return done.result();
}

Result<void> read_mode(const Field& field, SleepConfig& out) {
  std::string mode;
  if (auto done = field.read(mode); !done) {
    return done;
  }
  if (mode != "enable" && mode != "disable") {
    return field.error(
        fmt::format("invalid sleepMode \"{}\", expected enable or disable", escaped(mode)));
  }
  out.enabled = mode == "enable";
  return {};
}

Result<void> check_lists(const Field& model_field, const SleepConfig& sleep) {
  if (sleep.enabled && sleep.sleep.empty()) {
    return model_field.error("sleepMode enable requires sleepEndpoints");
  }
  if (sleep.enabled && sleep.wake.empty()) {
    return model_field.error("sleepMode enable requires wakeEndpoints");
  }
  return {};
}

constexpr std::array<KeyRule<Preset>, 3> PresetRules{{
    {"engine", [](const Field& f, Preset& p) { return f.read(p.engine); }},
    {"level",
     [](const Field& f, Preset& p) {
       return f.read_integer(p.level.emplace(1), {1, 2});
     }},
    {"tags", [](const Field& f, Preset& p) { return f.read(p.tags); }},
}};

SleepStep step(std::string target, std::string body = {}) {
  return {std::move(target), "POST", std::move(body), PresetTimeout};
}

/// vLLM reads the query alone. After level 2 the weights are gone: they are loaded again between
/// the two halves of the wake, and what was cached of prompts means nothing any more.
void use_vllm(const Preset& preset, ModelConfig& model) {
  const std::int64_t level = preset.level.value_or(1);
  std::string query = fmt::format("level={}", level);
  for (const std::string& tag : preset.tags) {
    query += "&tags=" + tag;
  }
  model.sleep.sleep = {step("/sleep?" + query)};
  if (level == 1 && preset.tags.empty()) {
    model.sleep.wake = {step("/wake_up")};
  } else {
    model.sleep.wake = {step("/wake_up?tags=weights"),
                        step("/collective_rpc", R"({"method":"reload_weights"})"),
                        step("/wake_up?tags=kv_cache"), step("/reset_prefix_cache")};
  }
  // Without it the server has no such routes.
  model.env.insert(model.env.begin(), "VLLM_SERVER_DEV_MODE=1");
}

void use_sglang(const Preset& preset, ModelConfig& model) {
  std::string body = "{}";
  if (!preset.tags.empty()) {
    body = fmt::format(R"({{"tags":["{}"]}})", fmt::join(preset.tags, R"(",")"));
  }
  model.sleep.sleep = {step("/release_memory_occupation", body)};
  model.sleep.wake = {step("/resume_memory_occupation", body)};
}

void limit_steps(std::vector<SleepStep>& steps,
                 const std::optional<std::chrono::milliseconds>& timeout) {
  for (SleepStep& each : steps) {
    each.timeout = timeout.value_or(each.timeout);
  }
}

Result<void> read_preset(const Field& field, const StepTimeouts& timeouts, ModelConfig& model) {
  Preset preset;
  auto done = field.is_mapping() ? read_section<Preset>(field, PresetRules, preset)
                                 : field.read(preset.engine);
  if (!done) {
    return done;
  }
  for (const std::string& tag : preset.tags) {
    const bool is_name = !tag.empty() && std::all_of(tag.begin(), tag.end(), [](char c) {
      return ascii::is_alphanumeric(c) || c == '_';
    });
    if (!is_name) {
      return field.error(fmt::format("invalid tag \"{}\"", escaped(tag)));
    }
  }
  if (preset.engine == "vllm") {
    use_vllm(preset, model);
  } else if (preset.engine == "sglang") {
    if (preset.level) {
      field.warn(
          "level has no effect with sglang, which gives back what tags says, all where there are "
          "none: leave it out");
    }
    use_sglang(preset, model);
  } else {
    return field.error(fmt::format(
        "unknown engine \"{}\", known: vllm, sglang; for others use sleepMode with sleepEndpoints "
        "and wakeEndpoints",
        escaped(preset.engine)));
  }
  limit_steps(model.sleep.sleep, timeouts.sleep);
  limit_steps(model.sleep.wake, timeouts.wake);
  model.sleep.enabled = true;
  return {};
}

bool is_list_spelling(std::string_view key) {
  return key == "sleepMode" || key == "sleepEndpoints" || key == "wakeEndpoints";
}

}  // namespace

Result<void> read_step_timeout(const Field& field, std::optional<std::chrono::milliseconds>& out) {
  std::chrono::milliseconds timeout{0};
  const auto number = parse_integer(field.node().text);
  const bool is_negative = number && *number < 0;
  auto done = is_negative ? Result<void>() : field.read(timeout);
  if (done && (is_negative || timeout.count() > 0) && timeout < LeastStepTimeout) {
    field.warn("less than a second is taken as one");
  }
  out = std::max<std::chrono::milliseconds>(timeout, LeastStepTimeout);
  return done;
}

Result<void> read_sleep(const Field& model_field, const StepTimeouts& timeouts,
                        ModelConfig& model) {
  AllDone done(model_field.diagnostics());
  const YamlMember* preset = nullptr;
  bool has_lists = false;
  for (const YamlMember& member : model_field.node().members) {
    const Field field = model_field.key(member);
    if (field.is_null()) {
      continue;
    }
    has_lists |= is_list_spelling(member.key);
    if (member.key == "sleep") {
      preset = &member;
    } else if (member.key == "sleepMode") {
      done.add(read_mode(field, model.sleep));
    } else if (member.key == "sleepEndpoints") {
      done.add(
          read_steps(field, model, timeouts.sleep.value_or(UsualStepTimeout), model.sleep.sleep));
    } else if (member.key == "wakeEndpoints") {
      done.add(
          read_steps(field, model, timeouts.wake.value_or(UsualStepTimeout), model.sleep.wake));
    }
  }
  if (preset != nullptr && has_lists) {
    done.add(model_field.key(*preset).error(
        "sleep stands for sleepMode and its endpoint lists: use the one or the other"));
  } else if (preset != nullptr) {
    done.add(read_preset(model_field.key(*preset), timeouts, model));
  }
  if (done) {
    done.add(check_lists(model_field, model.sleep));
  }
  if (model.stop_after.count() > 0 && !model.sleep.enabled) {
    model_field.warn("stopAfter has no effect: the model does not sleep, see sleep and sleepMode");
  }
  return done.result();
}

}  // namespace llmsnap
