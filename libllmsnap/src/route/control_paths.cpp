#include "route/control_paths.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/hex.h"
#include "base/placeholder.h"

namespace llmsnap::route {
namespace {

using Paths = std::vector<std::string>;

// The first two of each put to sleep and wake: an engine is known by them.
constexpr std::string_view Vllm[] = {"/sleep",
                                     "/wake_up",
                                     "/collective_rpc",
                                     "/reset_prefix_cache",
                                     "/reset_mm_cache",
                                     "/reset_encoder_cache",
                                     "/pause",
                                     "/resume",
                                     "/init_weight_transfer_engine",
                                     "/update_weights",
                                     "/scale_elastic_ep",
                                     "/server_info"};
constexpr std::string_view Sglang[] = {"/release_memory_occupation",
                                       "/resume_memory_occupation",
                                       "/pause_generation",
                                       "/continue_generation",
                                       "/flush_cache",
                                       "/update_weights",
                                       "/update_weights_from_disk",
                                       "/update_weights_from_tensor",
                                       "/update_weights_from_distributed",
                                       "/update_weights_from_ipc",
                                       "/init_weights_update_group",
                                       "/destroy_weights_update_group"};
constexpr std::span<const std::string_view> Engines[] = {Vllm, Sglang};

/// What a server may make of it: unescaped, without query, empty segments, dots and a last slash.
std::string normalised_path(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string text = percent_decoded(path).value_or(std::string(path));
  Paths segments;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(segment.size() + 1, rest.size()));
    if (segment == "..") {
      segments.resize(segments.size() - std::min<std::size_t>(segments.size(), 1));
    } else if (!segment.empty() && segment != ".") {
      segments.emplace_back(segment);
    }
  }
  std::string normalised;
  for (const std::string& segment : segments) {
    normalised.append("/").append(segment);
  }
  return normalised;
}

bool holds(const auto& paths, std::string_view path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

void add_steps(const ModelConfig& model, const std::vector<SleepStep>& steps, Paths& paths) {
  for (const SleepStep& step : steps) {
    paths.push_back(normalised_path(with_port(step.target, model.port)));
  }
}

}  // namespace

bool is_control_path(const ModelConfig& model, std::string_view target) {
  if (!model.sleep.enabled) {
    return false;
  }
  const std::string path = normalised_path(target);
  Paths steps;
  add_steps(model, model.sleep.sleep, steps);
  add_steps(model, model.sleep.wake, steps);
  // A wake may end with a look at the server's health, which anybody may ask for.
  if (holds(steps, path)) {
    return path != normalised_path(with_port(model.check_endpoint, model.port));
  }
  return std::any_of(std::begin(Engines), std::end(Engines), [&](const auto& engine) {
    return holds(steps, engine[0]) && holds(steps, engine[1]) && holds(engine, path);
  });
}

}  // namespace llmsnap::route
