#include "config/text_encoding.h"

#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/utf8.h"

namespace llmsnap {
namespace {

using namespace std::string_view_literals;

enum class ByteOrder { LittleEndian, BigEndian };

int lines_of(std::string_view text) {
  return 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

/// The 16 bits at the offset; a half of them is no surrogate's partner and ends nothing.
std::uint32_t unit_at(std::string_view text, std::size_t at, ByteOrder order) {
  if (at + 1 >= text.size()) {
    return 0;
  }
  const auto first = static_cast<unsigned char>(text[at]);
  const auto second = static_cast<unsigned char>(text[at + 1]);
  return order == ByteOrder::LittleEndian ? first | (second << 8) : (first << 8) | second;
}

DecodedText from_utf16(std::string_view text, ByteOrder order) {
  DecodedText decoded;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    std::uint32_t code = unit_at(text, at, order);
    const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    const std::uint32_t low = is_surrogate ? unit_at(text, at + 2, order) : 0;
    const bool is_pair = code <= 0xDBFF && low >= 0xDC00 && low <= 0xDFFF;
    if (at + 1 == text.size() || (is_surrogate && !is_pair)) {
      decoded.fault_line = lines_of(decoded.text);
      decoded.fault = "this line is not UTF-16, as which the file begins";
      return decoded;
    }
    if (is_surrogate) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      at += 2;
    }
    append_utf8(code, decoded.text);
  }
  return decoded;
}

/// 0: there is none.
int first_line_not_utf8(std::string_view text) {
  if (simdjson::validate_utf8(text.data(), text.size())) {
    return 0;
  }
  int line = 1;
  while (!text.empty()) {
    const std::string_view content = text.substr(0, text.find('\n'));
    if (!simdjson::validate_utf8(content.data(), content.size())) {
      break;
    }
    text.remove_prefix(std::min(content.size() + 1, text.size()));
    ++line;
  }
  return line;
}

}  // namespace

DecodedText utf8_text(std::string text) {
  if (text.starts_with("\xFF\xFE\0\0"sv) || text.starts_with("\0\0\xFE\xFF"sv)) {
    return {{}, 1, "the file is UTF-32, which is not read: save it as UTF-8"};
  }
  const std::string_view behind_mark =
      std::string_view(text).substr(std::min<std::size_t>(2, text.size()));
  if (text.starts_with("\xFF\xFE")) {
    return from_utf16(behind_mark, ByteOrder::LittleEndian);
  }
  if (text.starts_with("\xFE\xFF")) {
    return from_utf16(behind_mark, ByteOrder::BigEndian);
  }
  const int line = first_line_not_utf8(text);
  return {std::move(text), line, line == 0 ? ""sv : "this line is not UTF-8"sv};
}

}  // namespace llmsnap
