// Ports: which models use `${PORT}`, and the number that each of them gets.
// Thread rule: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/placeholder.h"
#include "config/field.h"
#include "config/macros.h"
#include "config/yaml_tree.h"
#include "llmsnap/result.h"

namespace llmsnap {

/// What a model's process keys keep for the start of the process.
inline constexpr std::array<std::string_view, 1> PortOnly{PortPlaceholder};
inline constexpr std::array<std::string_view, 2> PortAndPid{PortPlaceholder, PidPlaceholder};

using Ports = std::map<std::string, std::uint16_t, std::less<>>;  // by model

/// Gives ports from `start_port` upward, in the order of ids, to the models whose `cmd` uses one;
/// the others do not occur. Who had one by `running` keeps it, if startPort has not changed since;
/// the others' are not given away as long as there are more. `expanded` are the entries of `models`
/// with macros expanded and without comment lines.
Result<Ports> assign_ports(const Field& models, const std::vector<YamlMember>& expanded,
                           std::uint16_t start_port, const Config* running);

/// The number as the macro PORT.
Macros port_macros(std::uint16_t port);

/// Expands port_macros in all values of the model but those that keep the placeholder.
Result<void> expand_port(YamlNode& model, const Field& place, const Macros& macros);

}  // namespace llmsnap
