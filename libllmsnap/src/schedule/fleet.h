// Fleet: the models of a config that have a process, as the control thread needs them.
// Thread rule: the control thread's; see team.h for what is not.
#pragma once

#include <memory>
#include <vector>

#include "llmsnap/config.h"
#include "schedule/eviction_policy.h"
#include "schedule/planner.h"
#include "schedule/team.h"

namespace llmsnap::schedule {

/// By instance; null where the number is vacant.
using Fleet = std::vector<std::shared_ptr<Member>>;

/// The models with a `cmd`, which may be named in the key of the config alone; by id.
std::vector<ModelConfig> models_with_process(const Config& config);

/// Whether a process that runs by `one` may go on under `other`: what differs concerns its requests
/// or when it is stopped, not the process.
bool same_process(const ModelConfig& one, const ModelConfig& other);

InstanceSpec spec_of(const Config& all, const ModelConfig& config);

/// The config's groups or matrix, and its maxLoaded. Models that no group names make up the default
/// one. What leaves goes for its successor, and for whatever a model that nobody names would go.
EvictionPolicy policy_of(const Config& config, const Fleet& fleet);

}  // namespace llmsnap::schedule
