#include "config/ports.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
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

/// Ports from startPort upward: first those that nobody has or had, then those of models that are
/// gone.
class FreePorts {
 public:
  FreePorts(const PortsInUse& in_use, const Ports& kept, std::uint16_t start)
      : in_use_(in_use), start_(start), next_(start) {
    for (const auto& [id, port] : kept) {
      given_.insert(port);
    }
  }

  /// Nothing: there are no more.
  std::optional<std::uint16_t> take() {
    while (next_ <= Highest && (given_.contains(next_) || (!reuses_ && in_use_.holds(next_)))) {
      ++next_;
    }
    if (next_ <= Highest) {
      given_.insert(next_);
      return static_cast<std::uint16_t>(next_);
    }
    if (reuses_) {
      return std::nullopt;
    }
    reuses_ = true;
    next_ = start_;
    return take();
  }

 private:
  const PortsInUse& in_use_;
  const std::uint16_t start_;
  unsigned next_;
  bool reuses_ = false;
  std::set<unsigned> given_;
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
  FreePorts free(in_use, ports, start_port);
  for (const auto& [id, model] : sorted) {
    if (ports.contains(id)) {
      continue;
    }
    const std::optional<std::uint16_t> port = free.take();
    if (!port) {
      return models.entry(*model).error(
          fmt::format("no port is left for its ${{PORT}}: {} models before it use all from "
                      "startPort {} to 65535",
                      ports.size(), start_port));
    }
    ports.emplace(id, *port);
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
