#include "json_scan.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

namespace fake_model {
namespace {

std::size_t skip_space(std::string_view text, std::size_t at) {
  at = text.find_first_not_of(" \t\r\n", at);
  return at == std::string_view::npos ? text.size() : at;
}

// `at` is on the opening quote; the result is behind the closing one.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

// Skips one value by counting brackets: a loop, so that depth costs no stack.
std::size_t skip_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      if (depth == 0) {
        return at;
      }
      continue;
    }
    if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) {
        return at;
      }
      if (--depth == 0) {
        return at + 1;
      }
    } else if (c == ',' && depth == 0) {
      return at;
    }
    ++at;
  }
  return at;
}

std::string_view trim_right(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

// Length of the valid UTF-8 sequence at the front of the text, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool beyond = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || beyond ? 0 : length;
}

}  // namespace

std::optional<std::string_view> json_member(std::string_view object, std::string_view key) {
  std::size_t at = skip_space(object, 0);
  if (at >= object.size() || object[at] != '{') {
    return std::nullopt;
  }
  at = skip_space(object, at + 1);
  while (at < object.size() && object[at] == '"') {
    const std::size_t key_end = skip_string(object, at);
    const std::string_view found = object.substr(at + 1, key_end - at - 2);
    at = skip_space(object, key_end);
    if (at >= object.size() || object[at] != ':') {
      return std::nullopt;
    }
    at = skip_space(object, at + 1);
    const std::size_t value_end = skip_value(object, at);
    if (found == key) {
      return trim_right(object.substr(at, value_end - at));
    }
    at = skip_space(object, value_end);
    if (at >= object.size() || object[at] != ',') {
      return std::nullopt;
    }
    at = skip_space(object, at + 1);
  }
  return std::nullopt;
}

std::optional<std::string_view> json_text(std::string_view object, std::string_view key) {
  const auto raw = json_member(object, key);
  if (!raw || raw->size() < 2 || raw->front() != '"' || raw->back() != '"') {
    return std::nullopt;
  }
  return raw->substr(1, raw->size() - 2);
}

std::optional<std::size_t> json_count(std::string_view object, std::string_view key) {
  const auto raw = json_member(object, key);
  if (!raw) {
    return std::nullopt;
  }
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(raw->data(), raw->data() + raw->size(), value);
  if (error != std::errc{} || end != raw->data() + raw->size()) {
    return std::nullopt;
  }
  return value;
}

bool json_true(std::string_view object, std::string_view key) {
  return json_member(object, key) == "true";
}

std::optional<std::size_t> json_elements(std::string_view array) {
  std::size_t at = skip_space(array, 0);
  if (at >= array.size() || array[at] != '[') {
    return std::nullopt;
  }
  at = skip_space(array, at + 1);
  std::size_t count = 0;
  while (at < array.size() && array[at] != ']') {
    at = skip_space(array, skip_value(array, at));
    ++count;
    if (at < array.size() && array[at] == ',') {
      at = skip_space(array, at + 1);
    } else {
      break;
    }
  }
  return count;
}

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (length == 1 && static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
  return out;
}

}  // namespace fake_model
