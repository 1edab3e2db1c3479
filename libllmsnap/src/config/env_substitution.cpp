#include "config/env_substitution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "config/yaml_scanner.h"
#include "config/yaml_tree.h"

namespace llmsnap {
namespace {

constexpr std::string_view Opening = "${env.";
constexpr std::size_t MaxText = 16 * 1024 * 1024;

struct Reference {
  std::size_t begin = 0;  // of `${env.`
  std::size_t end = 0;    // behind `}`
  std::string_view name;
};

struct Place {
  int line = 0;
  std::string key;
};
using Places = std::map<std::string, Place, std::less<>>;  // by variable, its first use

bool is_name_start(char c) {
  return ascii::is_letter(c) || c == '_';
}

bool is_name_character(char c) {
  return is_name_start(c) || ascii::is_digit(c);
}

std::optional<Reference> next_reference(std::string_view text, std::size_t from) {
  for (std::size_t begin = text.find(Opening, from); begin != std::string_view::npos;
       begin = text.find(Opening, begin + 1)) {
    const std::size_t name_begin = begin + Opening.size();
    std::size_t name_end = name_begin;
    while (name_end < text.size() && is_name_character(text[name_end])) {
      ++name_end;
    }
    const bool is_escaped = begin > 0 && text[begin - 1] == '$';
    const bool is_name = name_end > name_begin && is_name_start(text[name_begin]);
    if (!is_escaped && is_name && name_end < text.size() && text[name_end] == '}') {
      return Reference{begin, name_end + 1, text.substr(name_begin, name_end - name_begin)};
    }
  }
  return std::nullopt;
}

void gather(std::string_view text, const Place& place, Places& places) {
  for (auto at = next_reference(text, 0); at; at = next_reference(text, at->end)) {
    places.emplace(at->name, place);
  }
}

// The recursion is bounded by MaxYamlDepth.
void gather(const YamlNode& node, const std::string& path, Places& places) {
  gather(node.text, {node.line, path}, places);
  for (std::size_t index = 0; index < node.items.size(); ++index) {
    gather(node.items[index], fmt::format("{}[{}]", path, index), places);
  }
  for (const YamlMember& member : node.members) {
    const std::string key = path.empty() ? member.key : path + "." + member.key;
    gather(member.key, {member.line, key}, places);
    gather(member.value, key, places);
  }
}

Places gather_from_text(std::string_view text) {
  Places places;
  int line = 1;
  std::size_t counted = 0;  // up to there, into `line`
  for (auto at = next_reference(text, 0); at; at = next_reference(text, at->end)) {
    const std::string_view between = text.substr(counted, at->begin - counted);
    line += static_cast<int>(std::count(between.begin(), between.end(), '\n'));
    counted = at->begin;
    places.emplace(at->name, Place{line, ""});
  }
  return places;
}

/// The quotes of a text, told for offsets that grow.
class Quotes {
 public:
  explicit Quotes(std::string_view text) : text_(text), scan_(scan_yaml(text)) {}

  /// The quote that the text at this offset stands in; 0: in none. Behind what is no YAML before
  /// its substitution nobody knows: as in double quotes, which keeps the value within any.
  char around(std::size_t offset) {
    if (scan_.fault && offset >= scan_.fault->at) {
      return '"';
    }
    while (next_ < scan_.tokens.size() && scan_.tokens[next_].end <= offset) {
      ++next_;
    }
    const bool is_within = next_ < scan_.tokens.size() &&
                           scan_.tokens[next_].kind == YamlToken::Kind::Scalar &&
                           scan_.tokens[next_].begin < offset;
    const char first = is_within ? text_[scan_.tokens[next_].begin] : '\0';
    return first == '"' || first == '\'' ? first : '\0';
  }

 private:
  std::string_view text_;
  YamlScan scan_;
  std::size_t next_ = 0;
};

/// Without quotes a value stands as it is: it may be several items of a list.
std::string written(std::string_view value, char quote) {
  std::string out;
  for (const char c : value) {
    if (quote == '"' && (c == '\\' || c == '"')) {
      out += '\\';
    } else if (quote == '\'' && c == '\'') {
      out += '\'';
    }
    out += c;
  }
  return out;
}

using Values = std::map<std::string, std::string, std::less<>>;

/// Why the variable cannot be used; empty: it can.
std::string why_unusable(const std::string& name, const std::optional<std::string>& value) {
  if (!value) {
    return fmt::format("environment variable {} is not set", name);
  }
  return value->find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos
             ? fmt::format("environment variable {} contains newlines or zero bytes", name)
             : "";
}

Result<Values> values_of(const Places& places, Diagnostics& diagnostics, const EnvLookup& lookup) {
  std::vector<Places::const_iterator> by_line;
  for (auto place = places.begin(); place != places.end(); ++place) {
    by_line.push_back(place);
  }
  std::stable_sort(by_line.begin(), by_line.end(),
                   [](auto a, auto b) { return a->second.line < b->second.line; });
  Values values;
  AllDone done(diagnostics);
  for (const auto& variable : by_line) {
    const auto& [name, place] = *variable;
    auto value = lookup(name);
    if (const std::string why = why_unusable(name, value); !why.empty()) {
      done.add(diagnostics.error(place.line, place.key, why));
    } else {
      values.emplace(name, std::move(*value));
    }
  }
  if (auto result = done.result(); !result) {
    return result.error();
  }
  return values;
}

}  // namespace

std::optional<std::string> process_env(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Result<std::string> substitute_env(std::string_view text, Diagnostics& diagnostics,
                                   const EnvLookup& lookup) {
  if (!next_reference(text, 0)) {
    return std::string(text);
  }
  Places places;
  if (const auto document = parse_yaml(std::string(text), "")) {
    gather(document->root, "", places);
  } else {
    // `[${env.X}]` is no YAML before its substitution; comments cannot be told apart then.
    places = gather_from_text(text);
  }
  const auto values = values_of(places, diagnostics, lookup);
  if (!values) {
    return values.error();
  }
  std::string out;
  std::size_t copied = 0;
  Quotes quotes(text);
  for (auto at = next_reference(text, 0); at; at = next_reference(text, at->end)) {
    const auto value = values->find(at->name);
    out += text.substr(copied, at->begin - copied);
    out += value == values->end() ? std::string(text.substr(at->begin, at->end - at->begin))
                                  : written(value->second, quotes.around(at->begin));
    copied = at->end;
    if (out.size() > MaxText) {
      return diagnostics.error(1, "", "the text is too long after substitution of variables");
    }
  }
  out += text.substr(copied);
  return out;
}

}  // namespace llmsnap
