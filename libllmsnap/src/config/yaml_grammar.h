// Whether a text is YAML, by the grammar of libyaml and Go's yaml.v3.
// Thread rule: pure function; it recurses, not deeper than MaxYamlDepth.
#pragma once

#include <optional>
#include <string_view>

#include "config/yaml_cursor.h"

namespace llmsnap {

/// What is wrong with the first document; nullopt: nothing. Not looked at: whether anchors exist,
/// and whether keys are unique.
std::optional<YamlFault> yaml_fault(std::string_view text);

}  // namespace llmsnap
