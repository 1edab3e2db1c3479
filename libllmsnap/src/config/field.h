// Field: one value of the config tree with its place, and the strict, typed ways to read it.
// Thread rule: used by the thread that loads; refers to the tree and the diagnostics, which outlive
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.h"
#include "config/macros.h"
#include "config/yaml_tree.h"
#include "llmsnap/result.h"

namespace llmsnap {

struct Range {
  std::int64_t min = 0;
  std::int64_t max = 0;
};
/// For what the references take whatever it is.
inline constexpr Range AnyNumber{std::numeric_limits<std::int64_t>::min(),
                                 std::numeric_limits<std::int64_t>::max()};

class Field {
 public:
  Field(const YamlNode& node, int line, std::string path, std::string pattern,
        Diagnostics& diagnostics);

  /// The root of a document.
  static Field root(const YamlNode& node, Diagnostics& diagnostics);

  /// A key of a section with fixed keys; of a mapping whose keys users choose; of a list.
  Field key(const YamlMember& member) const;
  Field entry(const YamlMember& member) const;
  Field item(std::size_t index) const;
  /// What stands behind that key of a mapping, which knows it; nothing where it has no value.
  std::optional<Field> child(std::string_view name) const;
  /// Of a list of texts, or of one text in its place: each that has a value. The others are what is
  /// left of commented lines, and are passed over, as in the references.
  std::vector<Field> texts() const;

  const YamlNode& node() const { return node_; }
  const std::string& path() const { return path_; }
  Diagnostics& diagnostics() const { return diagnostics_; }
  bool is_null() const { return node_.kind == YamlNode::Kind::Null; }
  bool is_mapping() const { return node_.kind == YamlNode::Kind::Mapping; }
  /// A mapping with that key, and a value behind it.
  bool has(std::string_view name) const;

  /// With file, line and key in front of `what`.
  Error error(std::string_view what) const;
  void warn(std::string_view what) const;
  /// What keys this section may have.
  void note_known(const std::vector<std::string_view>& keys) const;
  /// `name` is the last part of the path. A warning, or an error where unknown keys are refused.
  Result<void> unknown(std::string_view name, const std::vector<std::string_view>& known) const;

  /// Each reads a value of its type, or gives an error that says what was expected. Texts take any
  /// scalar; a quoted number or boolean is a text and nothing else. Unknown macros in a text are
  /// errors.
  Result<void> read(std::string& out) const;
  Result<void> read(bool& out) const;
  /// A list, or one text: those of `texts`, in their order.
  Result<void> read(std::vector<std::string>& out) const;
  Result<void> read(std::chrono::milliseconds& out) const;
  /// A text that keeps the placeholders in `kept`, and their `$${NAME}`, for later.
  Result<void> read_template(std::string& out, Placeholders kept) const;
  Result<void> read_integer(std::int64_t& out, Range range) const;
  Result<void> read_size(std::uint64_t& out, std::uint64_t min) const;

  Result<void> expect_mapping() const;
  Result<void> expect_list() const;
  Result<void> expect_texts() const;  ///< a list, or one text

 private:
  Result<std::string> text(std::string_view expected, Placeholders kept = {}) const;
  Result<std::string> plain_text(std::string_view expected) const;

  const YamlNode& node_;
  const int line_;
  const std::string path_;
  const std::string pattern_;  // the path with `*` for names that users chose
  Diagnostics& diagnostics_;
};

}  // namespace llmsnap
