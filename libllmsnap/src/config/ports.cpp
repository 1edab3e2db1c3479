#include "config/ports.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "config/macros.h"

namespace llmsnap {
namespace {

constexpr std::array<std::string_view, 7> TemplateKeys{
    "cmd", "cmdStop", "proxy", "checkEndpoint", "env", "sleepEndpoints", "wakeEndpoints"};

bool uses_port(const YamlNode& model) {
  const YamlNode* cmd = model.find("cmd");
  return cmd != nullptr && cmd->kind == YamlNode::Kind::Scalar &&
         find_placeholder(cmd->text, PortPlaceholder) != std::string::npos;
}

constexpr unsigned Highest = std::numeric_limits<std::uint16_t>::max();

/// The ports of a config that is in force; none where they began elsewhere.
class PortsInUse {
 public:
  PortsInUse(const Config* running, std::uint16_t start_port) {
    if (running != nullptr && running->start_port == start_port) {
      for (const auto& [id, model] : running->models) {
        if (model.port != 0) {
          by_id_.emplace(id, model.port);
          ports_.insert(model.port);
        }
      }
    }
  }

  /// 0: it has none.
  std::uint16_t of(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? 0 : found->second;
  }
  bool holds(unsigned port) const { return ports_.contains(static_cast<std::uint16_t>(port)); }

 private:
  Ports by_id_;
  std::set<std::uint16_t> ports_;
};

}  // namespace

Result<Ports> assign_ports(const Field& models, const std::vector<YamlMember>& expanded,
                           std::uint16_t start_port, const Config* running) {
  std::map<std::string_view, const YamlMember*> sorted;
  for (const YamlMember& model : expanded) {
    if (uses_port(model.value)) {
      sorted.emplace(model.key, &model);
    }
  }
  const PortsInUse in_use(running, start_port);
  Ports ports;
  for (const auto& [id, model] : sorted) {
    if (const std::uint16_t port = in_use.of(id); port != 0) {
      ports.emplace(id, port);
    }
  }
  unsigned port = start_port;
  for (const auto& [id, model] : sorted) {
    if (ports.contains(id)) {
      continue;
    }
    while (port <= Highest && in_use.holds(port)) {
      ++port;
    }
    if (port > Highest) {
      return models.entry(*model).error(
          fmt::format("no port is left for its ${{PORT}}: {} models before it use all from "
                      "startPort {} to 65535",
                      ports.size(), start_port));
    }
    ports.emplace(id, static_cast<std::uint16_t>(port));
    ++port;
  }
  return ports;
}

Macros port_macros(std::uint16_t port) {
  YamlNode number;
  number.kind = YamlNode::Kind::Scalar;
  number.text = std::to_string(port);
  return {{"PORT", std::move(number)}};
}

Result<void> expand_port(YamlNode& model, const Field& place, const Macros& macros) {
  for (YamlMember& member : model.members) {
    if (std::find(TemplateKeys.begin(), TemplateKeys.end(), member.key) != TemplateKeys.end()) {
      continue;
    }
    if (auto done = expand_macros(member.value, fmt::format("{}.{}", place.path(), member.key),
                                  macros, place.diagnostics());
        !done) {
      return done;
    }
  }
  return {};
}

}  // namespace llmsnap
