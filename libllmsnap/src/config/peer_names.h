// PeerNames: the models of peers by the names that requests may use for them.
// Thread rule: immutable; any thread may ask.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "llmsnap/config.h"

namespace llmsnap {

struct PeerModel {
  std::string name;   ///< `<peer>/<model>`
  std::string peer;   ///< its id
  std::string model;  ///< what the peer itself calls it
};

std::string qualified_name(std::string_view peer, std::string_view model);

class PeerNames {
 public:
  /// Of all peers that were read so far.
  explicit PeerNames(const Config& config);
  // One of the maps points into the other.
  PeerNames(const PeerNames&) = delete;
  PeerNames& operator=(const PeerNames&) = delete;

  /// By the qualified name, else by the bare one if exactly one peer offers it; null if none does,
  /// or more than one. Models of the config itself are none of its business: they come before.
  const PeerModel* find(std::string_view name) const;

  const PeerModel* find_qualified(std::string_view name) const;

  /// More than one peer offers it under its bare name.
  bool is_ambiguous(std::string_view name) const;

 private:
  std::map<std::string, PeerModel, std::less<>> qualified_;
  std::map<std::string, const PeerModel*, std::less<>> bare_;  // null = several peers
};

}  // namespace llmsnap
