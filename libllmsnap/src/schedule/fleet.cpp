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
  spec.concurrency_limit = config.concurrency_limit;
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

Fleet fleet_of(const Config& config) {
  Fleet fleet;
  for (const auto& [id, model] : config.models) {
    if (!model.cmd.empty()) {
      ModelConfig named = model;
      named.id = id;  // a config built by hand may name it in the key alone
      fleet.push_back(std::make_unique<Member>(std::move(named)));
    }
  }
  return fleet;
}

std::vector<std::string> names_of(const Fleet& fleet) {
  std::vector<std::string> names;
  for (const auto& member : fleet) {
    names.push_back(member->config.id);
  }
  return names;
}

namespace {

EvictionPolicy rules_of(const Config& config, const Fleet& fleet) {
  std::vector<Group> groups;
  std::unordered_map<std::string, std::size_t> group_of;
  for (const GroupConfig& group : groups_with_default(config)) {
    for (const std::string& member : group.members) {
      group_of[member] = groups.size();
    }
    groups.push_back({group.swap, group.exclusive, group.persistent});
  }
  std::vector<std::size_t> indices;
  for (const auto& member : fleet) {
    indices.push_back(group_of.at(member->config.id));
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
  for (const auto& [id, model] : config.models) {
    number_of[id] = ids.size();
    ids.push_back(id);
  }
  auto matrix = Matrix::compile(*config.matrix, ids);
  if (!matrix) {
    return std::nullopt;
  }
  std::vector<std::size_t> numbers;
  for (const auto& member : fleet) {
    numbers.push_back(number_of.at(member->config.id));
  }
  return matrix_policy(std::make_shared<const Matrix>(std::move(*matrix)), std::move(numbers));
}

}  // namespace

EvictionPolicy policy_of(const Config& config, const Fleet& fleet) {
  std::optional<EvictionPolicy> matrix = matrix_of(config, fleet);
  EvictionPolicy policy = matrix ? std::move(*matrix) : rules_of(config, fleet);
  return config.max_loaded == 0 ? policy : limited_policy(std::move(policy), config.max_loaded);
}

}  // namespace llmsnap::schedule
