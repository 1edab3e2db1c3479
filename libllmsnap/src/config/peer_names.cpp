#include "config/peer_names.h"

#include <fmt/format.h>

namespace llmsnap {

std::string qualified_name(std::string_view peer, std::string_view model) {
  return fmt::format("{}/{}", peer, model);
}

PeerNames::PeerNames(const Config& config) {
  for (const auto& [id, peer] : config.peers) {
    for (const std::string& model : peer.models) {
      const std::string name = qualified_name(id, model);
      const auto [place, is_new] = qualified_.try_emplace(name, PeerModel{name, id, model});
      if (const auto [bare, is_first] = bare_.try_emplace(model, &place->second); !is_first) {
        bare->second = nullptr;
      }
    }
  }
}

const PeerModel* PeerNames::find(std::string_view name) const {
  if (const PeerModel* qualified = find_qualified(name)) {
    return qualified;
  }
  const auto bare = bare_.find(name);
  return bare == bare_.end() ? nullptr : bare->second;
}

const PeerModel* PeerNames::find_qualified(std::string_view name) const {
  const auto found = qualified_.find(name);
  return found == qualified_.end() ? nullptr : &found->second;
}

bool PeerNames::is_ambiguous(std::string_view name) const {
  const auto bare = bare_.find(name);
  return bare != bare_.end() && bare->second == nullptr && find_qualified(name) == nullptr;
}

}  // namespace llmsnap
