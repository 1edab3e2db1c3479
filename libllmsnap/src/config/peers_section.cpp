#include "config/peers_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/escape.h"
#include "base/url.h"
#include "config/access_section.h"
#include "config/filters_section.h"
#include "config/key_table.h"
#include "config/model_names.h"
#include "config/name_text.h"
#include "config/peer_names.h"
#include "config/process_keys.h"
#include "config/timeouts_section.h"

namespace llmsnap {
namespace {

constexpr std::string_view ProxyRequired = "proxy is required";
constexpr std::string_view ModelsRequired = "peer models can not be empty";

Result<void> read_peer_proxy(const Field& field, PeerConfig& peer) {
  if (auto done = field.read(peer.proxy); !done) {
    return done;
  }
  if (is_blank(peer.proxy)) {
    return field.error(ProxyRequired);
  }
  const auto url = parse_url(peer.proxy);
  if (!url) {
    return field.error("invalid peer proxy URL: " + url.error().message);
  }
  warn_of_doubled_path(field, *url);
  return {};
}

Result<void> read_peer_models(const Field& field, PeerConfig& peer) {
  auto done = field.read(peer.models);
  return done && peer.models.empty() ? field.error(ModelsRequired) : done;
}

constexpr std::array<KeyRule<PeerConfig>, 5> PeerRules{{
    {"proxy", read_peer_proxy},
    {"apiKey", [](const Field& f, PeerConfig& p) { return read_server_key(f, p.api_key); }},
    {"models", read_peer_models},
    {"filters", [](const Field& f, PeerConfig& p) { return read_filters(f, p.filters); }},
    {"timeouts", [](const Field& f, PeerConfig& p) { return read_timeouts(f, p.timeouts); }},
}};

Result<void> read_keys(const Field& field, PeerConfig& peer) {
  AllDone done(field.diagnostics());
  if (is_blank(peer.id) || has_control_byte(peer.id)) {
    done.add(field.error("a peer's id must not be empty or hold control characters"));
  }
  if (!field.is_null() && !field.is_mapping()) {
    done.add(field.expect_mapping());
    return done.result();
  }
  if (!field.is_null()) {
    done.add(read_section<PeerConfig>(field, PeerRules, peer));
  }
  if (!field.has("proxy")) {
    done.add(field.error(ProxyRequired));
  }
  if (!field.has("models")) {
    done.add(field.error(ModelsRequired));
  }
  return done.result();
}

// Sees that no two things have one name.
class QualifiedNames {
 public:
  explicit QualifiedNames(const Config& config) : config_(config), names_(config) {}

  Result<void> add(const Field& place, const std::string& peer, const std::string& model) {
    if (model.empty() || has_control_byte(model)) {
      return place.error("a name must not be empty or hold control characters");
    }
    const std::string name = qualified_name(peer, model);
    const auto [other, is_new] = peer_of_.emplace(name, peer);
    if (!is_new && other->second == peer) {
      place.warn("it is in the list already");
      return {};
    }
    if (!is_new) {
      return place.error(
          fmt::format("fully qualified peer model name {} is ambiguous: it is one of peer {} too",
                      escaped(name), escaped(other->second)));
    }
    const std::string* id = names_.id_of(name);
    if (id == nullptr) {
      return {};
    }
    return place.error(
        fmt::format("{} conflicts with fully qualified peer model name {}",
                    config_.models.contains(name)
                        ? "model ID " + escaped(name)
                        : fmt::format("alias {} of model {}", escaped(name), escaped(*id)),
                    escaped(name)));
  }

 private:
  const Config& config_;
  ModelNames names_;
  std::map<std::string, std::string> peer_of_;
};

/// Also takes those out that are there twice.
Result<void> check_models(const Field& field, PeerConfig& peer, QualifiedNames& names) {
  AllDone done(field.diagnostics());
  const std::optional<Field> models = field.child("models");
  const std::vector<Field> places = models ? models->texts() : std::vector<Field>();
  for (std::size_t index = 0; index < peer.models.size(); ++index) {
    done.add(names.add(places[index], peer.id, peer.models[index]));
  }
  for (auto model = peer.models.begin(); model != peer.models.end(); ++model) {
    peer.models.erase(std::remove(model + 1, peer.models.end(), *model), peer.models.end());
  }
  return done.result();
}

}  // namespace

Result<void> read_peers(const Field& section, Config& out) {
  if (auto mapping = section.expect_mapping(); !mapping) {
    return mapping;
  }
  QualifiedNames names(out);
  AllDone done(section.diagnostics());
  for (const YamlMember& member : section.node().members) {
    const Field field = section.entry(member);
    PeerConfig peer;
    peer.id = member.key;
    done.add(read_keys(field, peer));
    done.add(check_models(field, peer, names));
    out.peers.emplace(member.key, std::move(peer));
  }
  return done.result();
}

}  // namespace llmsnap
