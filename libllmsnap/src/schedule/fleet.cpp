#include "schedule/fleet.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "config/matrix.h"
#include "config/model_groups.h"

namespace llmsnap::schedule {

InstanceSpec spec_of(const Config& all, const ModelConfig& config) {
  InstanceSpec spec;
  spec.name = config.id;
  spec.concurrency_limit = concurrency_limit_of(config);
  spec.queue_limit = config.queue_limit;
  spec.queue_timeout = config.queue_timeout;
  spec.max_wait = config.max_wait;
  spec.drain_timeout = config.drain_timeout;
  spec.min_residency = config.min_residency;
  spec.ttl = config.ttl;
  spec.stop_after = config.stop_after;
  spec.max_keep_alive = config.max_keep_alive;
  spec.priority = config.priority;
  spec.can_sleep = config.sleep.enabled;
  spec.restarts = config.restart == RestartPolicy::OnFailure;
  spec.comes_back = std::find(all.idle.begin(), all.idle.end(), config.id) != all.idle.end();
  return spec;
}

std::vector<ModelConfig> models_with_process(const Config& config) {
  std::vector<ModelConfig> models;
  for (const auto& [id, model] : config.models) {
    if (!model.cmd.empty()) {
      models.push_back(model);
      models.back().id = id;
    }
  }
  return models;
}

bool same_process(const ModelConfig& one, const ModelConfig& other) {
  ModelConfig as_other = one;
  as_other.aliases = other.aliases;
  as_other.unlisted = other.unlisted;
  as_other.name = other.name;
  as_other.description = other.description;
  as_other.metadata = other.metadata;
  as_other.capabilities = other.capabilities;
  as_other.filters = other.filters;
  as_other.use_model_name = other.use_model_name;
  as_other.api_key = other.api_key;
  as_other.timeouts = other.timeouts;
  as_other.health_check_interval = other.health_check_interval;
  as_other.health_check_timeout = other.health_check_timeout;
  as_other.unload_timeout = other.unload_timeout;
  as_other.concurrency_limit = other.concurrency_limit;
  as_other.queue_limit = other.queue_limit;
  as_other.queue_timeout = other.queue_timeout;
  as_other.max_wait = other.max_wait;
  as_other.drain_timeout = other.drain_timeout;
  as_other.ttl = other.ttl;
  as_other.stop_after = other.stop_after;
  as_other.min_residency = other.min_residency;
  as_other.max_keep_alive = other.max_keep_alive;
  as_other.send_loading_state = other.send_loading_state;
  as_other.keep_alive_while_loading = other.keep_alive_while_loading;
  as_other.ignore_websockets = other.ignore_websockets;
  as_other.priority = other.priority;
  as_other.restart = other.restart;
  return as_other == other;
}

namespace {

EvictionPolicy groups_of(const Config& config, const Fleet& fleet) {
  std::vector<Group> groups;
  std::unordered_map<std::string, std::size_t> group_of;
  for (const GroupConfig& group : groups_with_default(config)) {
    for (const std::string& member : group.members) {
      group_of[member] = groups.size();
    }
    groups.push_back({group.swap, group.exclusive, group.persistent, group.name});
  }
  const std::size_t of_the_gone = groups.size();
  groups.emplace_back();
  std::vector<std::size_t> indices;
  for (const auto& member : fleet) {
    const auto named = member ? group_of.find(member->config.id) : group_of.end();
    indices.push_back(named == group_of.end() ? of_the_gone : named->second);
  }
  return group_policy(std::move(groups), std::move(indices));
}

/// Absent: there is none, or (in a config that was made by hand) it makes no sense.
std::optional<EvictionPolicy> matrix_of(const Config& config, const Fleet& fleet) {
  if (!config.matrix) {
    return std::nullopt;
  }
  std::vector<std::string> ids;
  std::unordered_map<std::string, std::size_t> number_of;
  const auto number = [&](const std::string& id) {
    const auto [entry, is_new] = number_of.emplace(id, ids.size());
    if (is_new) {
      ids.push_back(id);
    }
    return entry->second;
  };
  for (const auto& [id, model] : config.models) {
    number(id);
  }
  std::vector<std::size_t> numbers;
  for (const auto& member : fleet) {
    numbers.push_back(member ? number(member->config.id) : 0);
  }
  auto matrix = Matrix::compile(*config.matrix, ids);
  if (!matrix) {
    return std::nullopt;
  }
  return matrix_policy(std::make_shared<const Matrix>(std::move(*matrix)), std::move(numbers));
}

}  // namespace

EvictionPolicy policy_of(const Config& config, const Fleet& fleet) {
  std::optional<EvictionPolicy> matrix = matrix_of(config, fleet);
  EvictionPolicy policy = matrix ? std::move(*matrix) : groups_of(config, fleet);
  if (config.max_loaded != 0) {
    policy = limited_policy(std::move(policy), config.max_loaded);
  }
  std::vector<std::vector<Instance>> successors(fleet.size());
  for (const auto& member : fleet) {
    for (const auto& other : fleet) {
      if (member && member->leaves && other && !other->leaves &&
          other->config.id == member->config.id) {
        successors[member->number].push_back(other->number);
      }
    }
  }
  return succession_policy(std::move(policy), std::move(successors));
}

}  // namespace llmsnap::schedule
