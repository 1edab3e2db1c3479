#include "config/macros.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/placeholder.h"
#include "config/yaml_scalar.h"

namespace llmsnap {
namespace {

constexpr std::size_t MaxNameLength = 63;
constexpr std::size_t MaxExpandedText = 1024 * 1024;
constexpr std::array<std::string_view, 3> ReservedNames{"PORT", "MODEL_ID", "PID"};

bool is_name_character(char c) {
  return ascii::is_alphanumeric(c) || c == '_' || c == '-';
}

std::optional<std::string> why_invalid(const YamlMember& macro) {
  const std::string& name = macro.key;
  if (name.size() > MaxNameLength) {
    return fmt::format("the name exceeds maximum length of {} bytes", MaxNameLength);
  }
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_character)) {
    return "the name has invalid characters, allowed are letters, digits, _ and -";
  }
  if (macro.value.kind != YamlNode::Kind::Scalar) {
    return "must be a scalar type (text, number or boolean)";
  }
  if (find_placeholder(macro.value.text, "${" + name + "}") != std::string_view::npos) {
    return "the value has a self-reference";
  }
  if (std::find(ReservedNames.begin(), ReservedNames.end(), name) != ReservedNames.end()) {
    return "the name is reserved";
  }
  return std::nullopt;
}

bool is_one_of(std::string_view placeholder, Placeholders placeholders) {
  return std::find(placeholders.begin(), placeholders.end(), placeholder) != placeholders.end();
}

bool replace_all(std::string& text, std::string_view placeholder, std::string_view value) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = find_placeholder(text, placeholder, 0); at != std::string_view::npos;
       at = find_placeholder(text, placeholder, copied)) {
    out.append(text, copied, at - copied);
    out += value;
    copied = at + placeholder.size();
    if (out.size() > MaxExpandedText) {
      return false;
    }
  }
  out.append(text, copied);
  text = std::move(out);
  return text.size() <= MaxExpandedText;
}

Result<void> expand_scalar(YamlNode& node, std::string_view key, const Macros& macros,
                           Diagnostics& diagnostics) {
  if (node.text.find("${") == std::string::npos) {
    return {};
  }
  // From the last to the first, so that a macro can use those declared before it, and no others.
  for (auto macro = macros.rbegin(); macro != macros.rend(); ++macro) {
    if (node.text.find("${") == std::string::npos) {
      break;
    }
    const std::string placeholder = "${" + macro->name + "}";
    if (node.text == placeholder) {
      node.text = macro->value.text;
      node.quoted = macro->value.quoted;
    } else if (find_placeholder(node.text, placeholder) != std::string_view::npos) {
      node.quoted = true;  // what is put together is a text, also where it looks like a number
      if (!replace_all(node.text, placeholder, macro->value.text)) {
        return diagnostics.error(
            node.line, key,
            fmt::format("longer than {} bytes with macros expanded", MaxExpandedText));
      }
    }
  }
  if (!diagnostics.may_expand(node.text.size())) {
    return diagnostics.error(
        node.line, key,
        fmt::format("with macros expanded, all texts together are longer than {} bytes",
                    MaxExpandedBytes));
  }
  return {};
}

}  // namespace

Result<Macros> read_macros(const YamlNode& node, std::string_view key, Diagnostics& diagnostics) {
  Macros macros;
  AllDone done(diagnostics);
  if (node.kind == YamlNode::Kind::Null) {
    return macros;
  }
  if (node.kind != YamlNode::Kind::Mapping) {
    return diagnostics.error(node.line, key, "macros must be a mapping of names to values");
  }
  for (const YamlMember& member : node.members) {
    if (const auto why = why_invalid(member)) {
      done.add(diagnostics.error(member.line, fmt::format("{}.{}", key, member.key), *why));
      continue;
    }
    Macro& macro = macros.emplace_back(Macro{member.key, member.value});
    macro.value.text = printed_value(member.value);
  }
  if (auto result = done.result(); !result) {
    return result.error();
  }
  return macros;
}

Macros macros_of_model(std::string_view model_id, const Macros& global, const Macros& own) {
  YamlNode id;
  id.kind = YamlNode::Kind::Scalar;
  id.quoted = true;
  id.text = model_id;
  Macros macros{{"MODEL_ID", std::move(id)}};
  macros.insert(macros.end(), global.begin(), global.end());
  for (const Macro& macro : own) {
    const auto same_name = [&macro](const Macro& other) { return other.name == macro.name; };
    if (const auto found = std::find_if(macros.begin(), macros.end(), same_name);
        found != macros.end()) {
      found->value = macro.value;
    } else {
      macros.push_back(macro);
    }
  }
  return macros;
}

// The recursion is bounded by MaxYamlDepth.
Result<void> expand_macros(YamlNode& node, std::string_view key, const Macros& macros,
                           Diagnostics& diagnostics) {
  if (node.kind == YamlNode::Kind::Scalar) {
    return expand_scalar(node, key, macros, diagnostics);
  }
  for (std::size_t index = 0; index < node.items.size(); ++index) {
    if (auto done = expand_macros(node.items[index], fmt::format("{}[{}]", key, index), macros,
                                  diagnostics);
        !done) {
      return done;
    }
  }
  for (YamlMember& member : node.members) {
    if (auto done =
            expand_macros(member.value, fmt::format("{}.{}", key, member.key), macros, diagnostics);
        !done) {
      return done;
    }
  }
  return {};
}

std::optional<std::string_view> leftover_placeholder(std::string_view text, Placeholders allowed) {
  for (std::size_t at = find_placeholder(text, "${"); at != std::string_view::npos;
       at = find_placeholder(text, "${", at + 1)) {
    const std::string_view rest = text.substr(at);
    const std::size_t close = rest.find('}');
    if (close == std::string_view::npos) {
      break;
    }
    const std::string_view name = rest.substr(2, close - 2);
    const bool is_macro = !name.empty() && std::all_of(name.begin(), name.end(), is_name_character);
    const bool is_allowed = is_one_of(rest.substr(0, close + 1), allowed);
    if (!is_allowed && (is_macro || name.starts_with("env."))) {
      return name;
    }
  }
  return std::nullopt;
}

std::string resolved_text(std::string_view text, Placeholders kept) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("$${")) {
      const std::string_view literal = text.substr(at + 1);
      const std::size_t length = std::min(literal.find('}'), literal.size() - 1) + 1;
      if (is_one_of(literal.substr(0, length), kept)) {
        out += text[at];
      }
      ++at;
    }
    out += text[at];
  }
  return out;
}

std::string written_text(std::string_view text, Placeholders kept) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    const bool is_kept = std::any_of(
        kept.begin(), kept.end(), [rest](std::string_view one) { return rest.starts_with(one); });
    out += rest.starts_with("${") && !is_kept ? "$$" : rest.substr(0, 1);
  }
  return out;
}

}  // namespace llmsnap
