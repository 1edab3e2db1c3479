// The tokens of a YAML text, as libyaml and Go's yaml.v3 find them, without the values of its
// texts: to know what is YAML, and where its quotes are. yaml-cpp takes for YAML what is none.
// Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "config/yaml_cursor.h"

namespace llmsnap {

struct YamlToken {
  enum class Kind {
    DocumentStart,
    End,  ///< of the first document; always the last token
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar,
  };

  Kind kind = Kind::End;
  std::size_t begin = 0;  ///< the offsets in the text
  std::size_t end = 0;
};

struct YamlScan {
  std::vector<YamlToken> tokens;  ///< behind the fault, if there is one, without meaning
  std::optional<YamlFault> fault;
};

YamlScan scan_yaml(std::string_view text);

}  // namespace llmsnap
