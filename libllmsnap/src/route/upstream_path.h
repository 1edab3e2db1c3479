// The path of /upstream/<model>/<rest>: whose model it names, and what its server gets to see.
// Thread rule: a pure function over the models.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "route/model_service.h"
#include "route/profiles.h"

namespace llmsnap::route {

struct UpstreamPath {
  std::shared_ptr<const Model> model;
  std::string name;  ///< by which the model is found: unescaped, or what the profile put there
  std::string_view
      target;  ///< for the model's server: the rest and the query, escapes kept, begins with `/`

  /// Set for a bare /upstream/<model>, which has no target: where the client should go, query
  /// included.
  std::optional<std::string> redirect;
};

/// `target` is the client's request target. The longest name that the active profile replaces wins,
/// else the longest one of a model; slashes in it may be escaped. Absent: no such model, or a
/// disabled one.
std::optional<UpstreamPath> find_upstream_path(std::string_view target, const ModelService& models,
                                               const Profiles& profiles);

/// The model whose id or alias `path` is, or begins with up to a slash; the longest wins, slashes
/// in it may be escaped. Null: no such model.
std::shared_ptr<const Model> find_model_at(std::string_view path, const ModelService& models);

}  // namespace llmsnap::route
