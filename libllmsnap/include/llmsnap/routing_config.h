// PeerConfig, SelectorConfig, ProfileConfig: names in a config that stand for models of other
// servers, for one of several models, and for other names.
// Thread rule: plain values.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/model_config.h"

namespace llmsnap {

/// Another server whose models are served too. Each has the name `<peer>/<model>`, which is equal
/// to no other name in the config; the bare one also, where no other peer has a model of that name
/// and nothing else is called so. Both parts may hold `/`: names are compared, never split.
struct PeerConfig {
  std::string id;
  std::string proxy;                ///< URL, whose path comes before that of a request
  std::string api_key;              ///< never logged; empty = requests go without credentials
  std::vector<std::string> models;  ///< as the peer calls them; no name twice
  FilterConfig filters;             ///< its set_params_by_id make no aliases
  ConnectionTimeouts timeouts{.response_header = std::chrono::seconds(60)};

  friend bool operator==(const PeerConfig&, const PeerConfig&) = default;
};

enum class SelectorStrategy {
  Warm,      ///< the first target that is ready, else the first that starts, else the first
  Pin,       ///< the first target
  Spillover  ///< the target with the fewest requests, and a further one when all have enough
};

/// "warm", "pin", "spillover"
std::string_view name_of(SelectorStrategy strategy);

/// A name that stands for one of several models, chosen for each request.
struct SelectorConfig {
  std::string id;
  SelectorStrategy strategy = SelectorStrategy::Pin;
  /// Ids of models, and qualified names of peers' models. With Warm there are only ids; with
  /// Spillover none is there twice, and all models among them may run at the same time.
  std::vector<std::string> targets;
  /// Of the targets, in their order: as written, which may be an alias. A request goes on under
  /// this name, so that FilterConfig::set_params_by_id holds for it.
  std::vector<std::string> target_names;
  int spillover = 1;  ///< requests of one target before another is started, at least 1
  std::string name;
  std::string description;
  bool unlisted = false;
  std::string metadata;  ///< a JSON object, told in listings; empty = none

  friend bool operator==(const SelectorConfig&, const SelectorConfig&) = default;
};

/// Names that stand for others while the profile is active.
struct ProfileConfig {
  std::string name;
  std::string description;
  /// By the name that a request uses: a model's id or alias, a peer's model or a selector, as
  /// written; empty = nothing is found under that name. A target is no pin in its turn.
  std::map<std::string, std::string> pins;

  friend bool operator==(const ProfileConfig&, const ProfileConfig&) = default;
};

}  // namespace llmsnap
