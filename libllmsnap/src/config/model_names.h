// ModelNames: the ids that the names in a config stand for. Thread rule: used by the thread that
// loads.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "llmsnap/config.h"

namespace llmsnap {

/// Its id, or one of its aliases.
bool has_name(const ModelConfig& model, std::string_view name);

class ModelNames {
 public:
  /// Of all models and aliases that were read so far; an id wins over an alias.
  explicit ModelNames(const Config& config);

  /// Null where no model has that id or alias.
  const std::string* id_of(std::string_view name) const;

  /// What an error says of a name that nobody has; for the first few with the one that was probably
  /// meant.
  std::string why_unknown(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> ids_;
  mutable int suggested_ = 0;
};

}  // namespace llmsnap
