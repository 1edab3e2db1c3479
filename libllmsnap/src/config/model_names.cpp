#include "config/model_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/escape.h"
#include "config/nearest_key.h"

namespace llmsnap {
namespace {

/// Each compares a name with all names: beyond them a file of thousands would take minutes.
constexpr int MostSuggestions = 20;

}  // namespace

bool has_name(const ModelConfig& model, std::string_view name) {
  return model.id == name ||
         std::find(model.aliases.begin(), model.aliases.end(), name) != model.aliases.end();
}

ModelNames::ModelNames(const Config& config) {
  for (const auto& [id, model] : config.models) {
    ids_.emplace(id, id);
  }
  for (const auto& [id, model] : config.models) {
    for (const std::string& alias : model.aliases) {
      ids_.emplace(alias, id);
    }
  }
}

const std::string* ModelNames::id_of(std::string_view name) const {
  const auto found = ids_.find(name);
  return found == ids_.end() ? nullptr : &found->second;
}

std::string ModelNames::why_unknown(std::string_view name) const {
  std::optional<std::string_view> nearest;
  if (suggested_++ < MostSuggestions) {
    std::vector<std::string_view> names;
    for (const auto& [known, id] : ids_) {
      names.push_back(known);
    }
    nearest = nearest_key(name, names);
  }
  return fmt::format("no model has the id or alias {}{}", escaped(name),
                     nearest ? fmt::format(", did you mean {}?", escaped(*nearest)) : "");
}

}  // namespace llmsnap
