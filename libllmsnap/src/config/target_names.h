// TargetNames: the models that a selector or a profile may send requests to, by their names.
// Thread rule: used by the thread that loads.
#pragma once

#include <string>
#include <string_view>

#include "config/model_names.h"
#include "config/peer_names.h"
#include "llmsnap/config.h"

namespace llmsnap {

class TargetNames {
 public:
  /// Of the models and peers that were read so far.
  explicit TargetNames(const Config& config) : models_(config), peers_(config) {}

  /// The id of a model by its id or alias, else the qualified name of a peer's model by what
  /// PeerNames finds. Null: none, or it could be more than one.
  const std::string* find(std::string_view name) const;

  /// What an error says of a name that find() does not know.
  std::string why_unknown(std::string_view name) const;

  const ModelNames& models() const { return models_; }
  const PeerNames& peers() const { return peers_; }

 private:
  ModelNames models_;
  PeerNames peers_;
};

}  // namespace llmsnap
