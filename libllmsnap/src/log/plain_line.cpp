#include "log/plain_line.h"

#include <algorithm>
#include <cstddef>

#include "base/escape.h"

namespace llmsnap {
namespace {

constexpr char Escape = '\x1b';
constexpr char Bell = '\a';
constexpr std::size_t LongestLine = 1000;

/// The size of the terminal command that `text` begins with; all of it if the command has no end.
std::size_t command_size(std::string_view text) {
  if (text.size() < 2) {
    return text.size();
  }
  if (text[1] == '[') {  // CSI: parameters, then a final byte
    const auto* const final_byte =
        std::find_if(text.begin() + 2, text.end(), [](char c) { return c >= '@' && c <= '~'; });
    return std::min<std::size_t>(final_byte - text.begin() + 1, text.size());
  }
  if (text[1] == ']') {  // OSC: text up to BEL or ESC \.
    const std::size_t end = text.find_first_of("\a\x1b", 2);
    if (end == std::string_view::npos) {
      return text.size();
    }
    return std::min(end + (text[end] == Bell ? 1 : 2), text.size());
  }
  const auto* const final_byte =  // as ESC ( B: intermediate bytes, then a final one
      std::find_if(text.begin() + 1, text.end(), [](char c) { return c < ' ' || c > '/'; });
  return std::min<std::size_t>(final_byte - text.begin() + 1, text.size());
}

std::string_view last_visible(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) {
    line.remove_suffix(1);
  }
  const std::size_t start = line.rfind('\r');
  return start == std::string_view::npos ? line : line.substr(start + 1);
}

std::string without_commands(std::string_view line) {
  std::string text;
  for (std::size_t at = 0; at < line.size();) {
    const char c = line[at];
    if (c == Escape) {
      at += command_size(line.substr(at));
      continue;
    }
    if (c == '\t') {
      text += ' ';
    } else if (static_cast<unsigned char>(c) >= ' ' && c != '\x7f') {
      text += c;
    }
    ++at;
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

std::string plain_line(std::string_view line) {
  // Cut before the work and after it: a line may be all of the log, and escapes make it longer.
  const std::string text = without_commands(last_visible(line).substr(0, 4 * LongestLine));
  std::string plain = escaped(trimmed(text));
  if (plain.size() > LongestLine) {
    std::size_t end = LongestLine;
    while (end > 0 && is_continuation(plain[end])) {
      --end;
    }
    plain.resize(end);
    plain += "...";
  }
  return plain;
}

}  // namespace llmsnap
