#include "route/json_string.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/hex.h"
#include "base/utf8.h"

namespace llmsnap::route {
namespace {

std::uint32_t hex_unit(std::string_view digits) {
  std::uint32_t unit = 0;
  for (const char c : digits.substr(0, 4)) {
    unit = unit * 16 + hex_value(c);
  }
  return unit;
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted.push_back('\\');
      quoted.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(quoted), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      quoted.push_back(c);
    }
  }
  quoted.push_back('"');
  return quoted;
}

std::string unescaped_json(std::string_view contents) {
  std::string text;
  while (!contents.empty()) {
    const std::size_t plain = std::min(contents.find('\\'), contents.size());
    text.append(contents.substr(0, plain));
    contents.remove_prefix(plain);
    if (contents.empty()) {
      break;
    }
    const char escape = contents[1];
    contents.remove_prefix(2);
    constexpr std::string_view Letters = "bfnrt";
    constexpr std::string_view Meanings = "\b\f\n\r\t";
    if (escape == 'u') {
      std::uint32_t code_point = hex_unit(contents);
      contents.remove_prefix(4);
      if (is_high_surrogate(code_point)) {
        code_point =
            0x10000 + ((code_point - 0xd800) << 10) + (hex_unit(contents.substr(2)) - 0xdc00);
        contents.remove_prefix(6);
      }
      append_utf8(code_point, text);
    } else if (const std::size_t letter = Letters.find(escape); letter != Letters.npos) {
      text.push_back(Meanings[letter]);
    } else {
      text.push_back(escape);
    }
  }
  return text;
}

}  // namespace llmsnap::route
