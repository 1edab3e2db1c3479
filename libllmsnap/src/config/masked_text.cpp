#include "config/masked_text.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/hex.h"
#include "config/secret_names.h"

namespace llmsnap {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t MaxJsonDepth = 200;
// All ends are looked for at once: to look for each by itself goes to the end of the text.
constexpr std::string_view EndsOfUrl = " \t\r\n\"'<>`";
constexpr std::string_view EndsOfAuthority = "/?# \t\r\n\"'<>`";
constexpr std::string_view EndsOfValue = "&# \t\r\n\"'<>`";
constexpr std::string_view SchemeEnd = "://";

/// A user without a password is shown, but to http, where a token may stand in its place.
std::string without_passwords(std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = text.find(SchemeEnd); at != text.npos; at = text.find(SchemeEnd, at + 1)) {
    const std::size_t begin = at + SchemeEnd.size();
    const std::string_view rest = text.substr(begin);
    const std::string_view authority = rest.substr(0, rest.find_first_of(EndsOfAuthority));
    const std::size_t sign = authority.rfind('@');
    if (sign == authority.npos || begin < copied) {
      continue;
    }
    const std::size_t colon = authority.find(':');
    const std::string_view scheme = text.substr(0, at);
    std::size_t shown = sign;
    if (colon < sign) {
      shown = colon + 1;
    } else if (scheme.ends_with("http") || scheme.ends_with("https")) {
      shown = 0;
    }
    if (shown < sign) {
      out.append(text.substr(copied, begin + shown - copied)).append(Masked);
      copied = begin + sign;
    }
  }
  return out.append(text.substr(copied));
}

bool begins_parameter(char c) {
  return c == '?' || c == '&' || c == '#';
}

bool is_of_parameter(char c) {
  return ascii::is_alphanumeric(c) || std::string_view("-._~%[]").find(c) != std::string_view::npos;
}

std::string without_secret_parameters(std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  const auto next_begin = [text](std::size_t at) {
    return std::find_if(text.begin() + at, text.end(), begins_parameter) - text.begin();
  };
  for (auto at = static_cast<std::size_t>(next_begin(0)); at < text.size();) {
    const auto* const name_end =
        std::find_if_not(text.begin() + at + 1, text.end(), is_of_parameter);
    const auto equals = static_cast<std::size_t>(name_end - text.begin());
    const std::string_view name = text.substr(at + 1, equals - at - 1);
    std::size_t next = equals;
    if (name_end != text.end() && *name_end == '=' &&
        names_secret(percent_decoded(name).value_or(std::string(name)))) {
      next = std::min(text.find_first_of(EndsOfValue, equals), text.size());
      if (next > equals + 1) {
        out.append(text.substr(copied, equals + 1 - copied)).append(Masked);
        copied = next;
      }
    }
    at = static_cast<std::size_t>(next_begin(next));
  }
  return out.append(text.substr(copied));
}

/// What stands in texts does not count.
bool is_too_deep(std::string_view json) {
  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < json.size() && depth <= MaxJsonDepth; ++at) {
    const char c = json[at];
    if (c == '"') {
      in_text = !in_text;
    } else if (in_text) {
      at += c == '\\' ? 1 : 0;
    } else {
      depth += c == '[' || c == '{' ? 1 : 0;
      depth -= (c == ']' || c == '}') && depth > 0 ? 1 : 0;
    }
  }
  return depth > MaxJsonDepth;
}

// The recursion is bounded by MaxJsonDepth.
void mask(Json& value, bool is_secret) {
  if (value.is_object()) {
    for (auto member = value.begin(); member != value.end(); ++member) {
      mask(member.value(), is_secret || names_secret(member.key()));
    }
  } else if (value.is_array()) {
    for (Json& item : value) {
      mask(item, is_secret);
    }
  } else if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
    value = is_secret ? std::string(Masked) : masked_text(value.get_ref<const std::string&>());
  } else if (value.is_number() && is_secret) {
    value = Masked;
  }
}

constexpr std::string_view Bearer = "bearer ";

}  // namespace

std::string masked_text(std::string_view text) {
  if (ascii::starts_with_ignoring_case(text, Bearer) &&
      text.find_first_of(EndsOfUrl, Bearer.size()) == text.npos) {
    return std::string(text.substr(0, Bearer.size())).append(Masked);
  }
  // Most texts have neither.
  const bool has_url = text.find(SchemeEnd) != text.npos;
  const std::string shown = has_url ? without_passwords(text) : std::string(text);
  return std::any_of(shown.begin(), shown.end(), begins_parameter)
             ? without_secret_parameters(shown)
             : shown;
}

std::string masked_json(std::string_view json) {
  if (is_too_deep(json)) {
    return std::string(Masked);
  }
  const Json value = Json::parse(json, nullptr, false);
  if (value.is_discarded()) {
    return std::string(Masked);
  }
  Json masked = value;
  mask(masked, false);
  return masked == value ? std::string(json)
                         : masked.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace llmsnap
