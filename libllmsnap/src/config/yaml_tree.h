// YamlNode: a YAML document as a plain tree: anchors, aliases and merge keys are resolved, lines
// are kept. Thread rule: a plain value. Parsing recurses; never call parse_yaml on a request's
// fiber.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/result.h"

namespace llmsnap {

struct YamlMember;

struct YamlNode {
  enum class Kind { Null, Scalar, Sequence, Mapping };

  Kind kind = Kind::Null;
  bool quoted = false;  ///< a scalar that is text by its quotes, its block style or `!!str`
  int line = 0;         ///< from 1; for content of an alias, where it was written
  std::string text;     ///< of a scalar; of a null: `~` where the file has one, else empty
  std::vector<YamlNode> items;
  std::vector<YamlMember> members;  ///< in file order, keys are unique

  /// The value of a key; null where there is none.
  const YamlNode* find(std::string_view key) const;
  YamlNode* find(std::string_view key);
};

struct YamlMember {
  std::string key;
  int line = 0;
  YamlNode value;
};

inline constexpr int MaxYamlDepth = 64;
inline constexpr int MaxYamlNodes = 100'000;  ///< counted after aliases are resolved

struct YamlDocument {
  YamlNode root;
  /// Where a second document begins, which is not read; 0 = there is none.
  int second_document = 0;
};

/// Reads the first document of the text; an empty one is Null. Errors start with `name:line: `.
/// Refused: duplicate keys, keys that are not scalars, aliases inside their own anchor, and
/// documents deeper or larger than the limits.
Result<YamlDocument> parse_yaml(const std::string& text, std::string_view name);

}  // namespace llmsnap
