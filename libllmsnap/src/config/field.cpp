#include "config/field.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <variant>

#include "base/ascii.h"
#include "base/escape.h"
#include "config/nearest_key.h"
#include "config/quantity.h"
#include "config/yaml_scalar.h"

namespace llmsnap {
namespace {

/// What users keep for themselves, anchors for the most part.
constexpr std::string_view OwnKeys = "x-";
constexpr double LargestWhole = 9.0e18;

std::string joined(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

std::string_view kind_name(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::Null:
      return "nothing";
    case YamlNode::Kind::Scalar:
      return node.quoted ? "a quoted text" : "a text";
    case YamlNode::Kind::Sequence:
      return "a list";
    case YamlNode::Kind::Mapping:
      return "a mapping";
  }
  return "nothing";
}

/// The references cut what is behind the point of a number.
std::optional<std::int64_t> whole_number(const YamlNode& node) {
  const ScalarValue value = scalar_value(node);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    return *whole;
  }
  const auto* number = std::get_if<double>(&value);
  const bool fits = number != nullptr && std::fabs(*number) < LargestWhole;
  return fits ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

/// What a time is read from: a plain number may be spelled in ways that only YAML knows.
std::string seconds_text(const YamlNode& node, const std::string& text) {
  const ScalarValue value = scalar_value(node);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    return std::to_string(*whole);
  }
  const auto* number = std::get_if<double>(&value);
  return number != nullptr ? fmt::format("{:.6f}", *number) : text;
}

}  // namespace

Field::Field(const YamlNode& node, int line, std::string path, std::string pattern,
             Diagnostics& diagnostics)
    : node_(node),
      line_(line),
      path_(std::move(path)),
      pattern_(std::move(pattern)),
      diagnostics_(diagnostics) {}

Field Field::root(const YamlNode& node, Diagnostics& diagnostics) {
  return Field(node, node.line, "", "", diagnostics);
}

Field Field::key(const YamlMember& member) const {
  return Field(member.value, member.line, joined(path_, member.key), joined(pattern_, member.key),
               diagnostics_);
}

Field Field::entry(const YamlMember& member) const {
  return Field(member.value, member.line, joined(path_, member.key), joined(pattern_, "*"),
               diagnostics_);
}

Field Field::item(std::size_t index) const {
  const YamlNode& node = node_.items[index];
  return Field(node, node.line, fmt::format("{}[{}]", path_, index), pattern_ + "[]", diagnostics_);
}

std::optional<Field> Field::child(std::string_view name) const {
  const auto found =
      std::find_if(node_.members.begin(), node_.members.end(), [name](const YamlMember& member) {
        return member.key == name && member.value.kind != YamlNode::Kind::Null;
      });
  return found == node_.members.end() ? std::nullopt : std::optional(key(*found));
}

std::vector<Field> Field::texts() const {
  if (node_.kind != YamlNode::Kind::Sequence) {
    return {*this};
  }
  std::vector<Field> given;
  for (std::size_t index = 0; index < node_.items.size(); ++index) {
    Field field = item(index);
    if (!field.is_null()) {
      given.push_back(std::move(field));
    }
  }
  return given;
}

bool Field::has(std::string_view name) const {
  const YamlNode* value = node_.find(name);
  return value != nullptr && value->kind != YamlNode::Kind::Null;
}

Error Field::error(std::string_view what) const {
  return diagnostics_.error(line_, path_, what);
}

void Field::warn(std::string_view what) const {
  diagnostics_.warn(line_, path_, what);
}

void Field::note_known(const std::vector<std::string_view>& keys) const {
  diagnostics_.note_known(pattern_, keys);
}

Result<void> Field::unknown(std::string_view name,
                            const std::vector<std::string_view>& known) const {
  if (name.starts_with(OwnKeys)) {
    return {};
  }
  const std::string_view section =
      std::string_view(pattern_).substr(0, pattern_.size() - name.size());
  const auto meant = meant_key(section, name, known);
  // Keys that are left out would leave the gateway open to everybody.
  const std::string hint = meant ? fmt::format(", did you mean {}?", *meant) : std::string();
  const std::string what = "unknown key without effect" + hint;
  if (meant == "apiKeys") {
    return error("unknown key" + hint);
  }
  diagnostics_.unknown_key(line_, path_, pattern_, what);
  return {};
}

Result<std::string> Field::text(std::string_view expected, Placeholders kept) const {
  if (node_.kind != YamlNode::Kind::Scalar) {
    return error(fmt::format("expected {}, found {}", expected, kind_name(node_)));
  }
  const auto name = leftover_placeholder(node_.text, kept);
  if (name == "PORT") {
    return error("${PORT} has a value only in a model whose cmd uses it");
  }
  if (name == "PID") {
    return error("${PID} has a value only in cmdStop");
  }
  if (name) {
    return error(
        fmt::format("unknown macro '${{{}}}' found in {}", escaped(*name), escaped(path_)));
  }
  return resolved_text(node_.text, kept);
}

Result<std::string> Field::plain_text(std::string_view expected) const {
  auto read = text(expected);
  if (read && node_.quoted) {
    return error(fmt::format("expected {}, found a quoted text", expected));
  }
  return read;
}

Result<void> Field::read(std::string& out) const {
  auto value = text("a text");
  if (!value) {
    return value.error();
  }
  out = std::move(*value);
  return {};
}

Result<void> Field::read_template(std::string& out, Placeholders kept) const {
  auto value = text("a text", kept);
  if (!value) {
    return value.error();
  }
  out = std::move(*value);
  return {};
}

Result<void> Field::read(bool& out) const {
  const auto value = text("true or false");
  if (!value) {
    return value.error();
  }
  const auto boolean = parse_boolean(*value);
  // "yes" in quotes is a boolean to the references, "true" in quotes is none.
  const bool is_quoted_literal =
      node_.quoted && boolean && (ascii::lower_case(*value) == (*boolean ? "true" : "false"));
  if (!boolean || is_quoted_literal) {
    return error(fmt::format("expected true or false, found {}\"{}\"",
                             is_quoted_literal ? "the quoted text " : "", escaped(*value)));
  }
  out = *boolean;
  return {};
}

Result<void> Field::read(std::vector<std::string>& out) const {
  if (auto given = expect_texts(); !given) {
    return given;
  }
  std::vector<std::string> read_texts;
  AllDone done(diagnostics_);
  for (const Field& field : texts()) {
    done.add(field.read(read_texts.emplace_back()));
  }
  if (done) {
    out = std::move(read_texts);
  }
  return done.result();
}

Result<void> Field::read(std::chrono::milliseconds& out) const {
  const std::string_view expected = "a time such as 30s, 250ms or a number of seconds";
  const auto value = text(expected);
  if (!value) {
    return value.error();
  }
  const auto duration = parse_duration(seconds_text(node_, *value));
  const bool is_quoted_number =
      node_.quoted && !value->empty() && value->back() >= '0' && value->back() <= '9';
  if (!duration || is_quoted_number) {
    return error(fmt::format("expected {}, found {}\"{}\"", expected,
                             is_quoted_number ? "the quoted text " : "", escaped(*value)));
  }
  out = *duration;
  return {};
}

Result<void> Field::read_integer(std::int64_t& out, Range range) const {
  const auto text = plain_text("a whole number");
  if (!text) {
    return text.error();
  }
  const auto number = whole_number(node_);
  if (!number) {
    return error(fmt::format("expected a whole number, found \"{}\"", escaped(*text)));
  }
  if (*number < range.min || *number > range.max) {
    return error(
        fmt::format("expected a number from {} to {}, found {}", range.min, range.max, *number));
  }
  if (const ScalarValue value = scalar_value(node_);
      std::holds_alternative<double>(value) &&
      std::get<double>(value) != static_cast<double>(*number)) {
    warn(fmt::format("{} is taken as {}", escaped(*text), *number));
  }
  out = *number;
  return {};
}

Result<void> Field::read_size(std::uint64_t& out, std::uint64_t min) const {
  const std::string_view expected = "a size such as 64MiB or a number of bytes";
  const auto value = text(expected);
  if (!value) {
    return value.error();
  }
  const auto size = parse_size(*value);
  if (!size || (node_.quoted && parse_integer(*value))) {
    return error(fmt::format("expected {}, found {}\"{}\"", expected,
                             size ? "the quoted text " : "", escaped(*value)));
  }
  if (*size < min) {
    return error(fmt::format("expected at least {} bytes, found {}", min, *size));
  }
  out = *size;
  return {};
}

Result<void> Field::expect_mapping() const {
  return is_mapping() ? Result<void>()
                      : error(fmt::format("expected a mapping, found {}", kind_name(node_)));
}

Result<void> Field::expect_texts() const {
  return node_.kind == YamlNode::Kind::Scalar ? Result<void>() : expect_list();
}

Result<void> Field::expect_list() const {
  return node_.kind == YamlNode::Kind::Sequence
             ? Result<void>()
             : error(fmt::format("expected a list, found {}", kind_name(node_)));
}

}  // namespace llmsnap
