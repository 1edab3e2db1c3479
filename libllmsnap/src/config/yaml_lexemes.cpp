#include "config/yaml_lexemes.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/ascii.h"

namespace llmsnap {
namespace {

constexpr std::string_view SimpleEscapes = "0abt\tnvfre \"'\\/N_LP";
constexpr std::string_view BehindAnchor = "?:,]}%@`";
constexpr std::string_view UriPunctuation = ";/?:@&=+$,.!~*'()[]";

bool is_one_of(char c, std::string_view characters) {
  return c != '\0' && characters.find(c) != std::string_view::npos;
}

bool is_word_character(char c) {
  return ascii::is_alphanumeric(c) || c == '_' || c == '-';
}

int hex_value(char c) {
  return ascii::is_digit(c) ? c - '0' : ascii::to_lower(c) - 'a' + 10;
}

bool is_hex(char c) {
  return ascii::is_digit(c) || (ascii::to_lower(c) >= 'a' && ascii::to_lower(c) <= 'f');
}

std::size_t code_length(char escape) {
  switch (escape) {
    case 'x':
      return 2;
    case 'u':
      return 4;
    case 'U':
      return 8;
    default:
      return 0;
  }
}

void skip_escape(YamlCursor& at) {
  const std::size_t begin = at.mark().offset;
  at.skip();
  if (at.is_at_break()) {
    at.skip_break();
    return;
  }
  const char escape = at.peek();
  const std::size_t length = code_length(escape);
  if (length == 0 && !is_one_of(escape, SimpleEscapes)) {
    at.fail(begin, "what stands behind this \\ is no escape (a \\ itself is \\\\)");
    return;
  }
  at.skip();
  std::uint64_t code = 0;
  for (std::size_t digit = 0; digit < length; ++digit, at.skip()) {
    if (!is_hex(at.peek())) {
      at.fail(begin, "too few hexadecimal digits in this escape");
      return;
    }
    code = code * 16 + static_cast<std::uint64_t>(hex_value(at.peek()));
  }
  if ((code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) {
    at.fail(begin, "this escape is no Unicode character");
  }
}

bool ends_plain(const YamlCursor& at, bool is_in_flow) {
  return (at.peek() == ':' && at.is_at_gap(1)) || (is_in_flow && is_one_of(at.peek(), ",[]{}"));
}

/// `+`, `-` and a number from 1, in any order; the number, or 0.
int skip_block_header(YamlCursor& at) {
  int increment = 0;
  bool has_chomping = false;
  for (;; at.skip()) {
    if (!has_chomping && is_one_of(at.peek(), "+-")) {
      has_chomping = true;
    } else if (increment == 0 && is_one_of(at.peek(), "123456789")) {
      increment = at.peek() - '0';
    } else {
      return increment;
    }
  }
}

/// The blank begin of the next line that is not blank as a whole. An `indent` of 0 is not known
/// yet, and found here.
void skip_indentation(YamlCursor& at, int& indent, int parent) {
  int deepest = 0;
  while (true) {
    const auto is_short = [&] { return indent == 0 || at.column() < indent; };
    while (is_short() && at.peek() == ' ') {
      at.skip();
    }
    deepest = std::max(deepest, at.column());
    if (is_short() && at.peek() == '\t') {
      at.fail(at.mark().offset, "a tab stands where YAML allows spaces only: use spaces");
    }
    if (!at.is_at_break()) {
      break;
    }
    at.skip_break();
  }
  if (indent == 0) {
    indent = std::max({deepest, parent + 1, 1});
  }
}

void skip_uri_character(YamlCursor& at) {
  if (at.peek() == '%' && !(is_hex(at.peek(1)) && is_hex(at.peek(2)))) {
    at.fail(at.mark().offset, "too few hexadecimal digits in this escape of a tag");
    return;
  }
  at.skip(at.peek() == '%' ? 3 : 1);
}

/// The number of characters.
std::size_t skip_uri(YamlCursor& at) {
  const std::size_t begin = at.mark().offset;
  while (is_word_character(at.peek()) || at.peek() == '%' || is_one_of(at.peek(), UriPunctuation)) {
    skip_uri_character(at);
  }
  return at.mark().offset - begin;
}

/// `!`, `!!`, `!name!`, or as much of `!name` as looks like one.
std::string skip_handle(YamlCursor& at) {
  std::string handle(1, at.peek());
  at.skip();
  for (; is_word_character(at.peek()); at.skip()) {
    handle += at.peek();
  }
  if (at.peek() == '!') {
    handle += '!';
    at.skip();
  }
  return handle;
}

void skip_version(YamlCursor& at, std::size_t begin) {
  const auto skip_number = [&at] {
    const std::size_t first = at.mark().offset;
    while (ascii::is_digit(at.peek())) {
      at.skip();
    }
    const std::size_t digits = at.mark().offset - first;
    return digits == 1 || digits == 2;
  };
  const bool has_major = skip_number();
  const bool has_point = at.peek() == '.';
  at.skip();
  if (!has_major || !has_point || !skip_number()) {
    at.fail(begin, "expected a version, as in %YAML 1.2");
  }
}

void skip_tag_declaration(YamlCursor& at, TagHandles& known, std::size_t begin) {
  if (at.peek() == '!') {
    known.push_back(skip_handle(at));
    if (known.back().ends_with('!') && at.is_at_blank()) {
      at.skip_blanks();
      if (skip_uri(at) > 0 && at.is_at_gap()) {
        return;
      }
    }
  }
  at.fail(begin, "expected a handle and a prefix, as in %TAG !e! tag:example.com,2000:");
}

}  // namespace

void skip_quoted(YamlCursor& at) {
  const std::size_t begin = at.mark().offset;
  const char quote = at.peek();
  at.skip();
  while (true) {
    if (at.is_at_end()) {
      at.fail(begin, "this quote is not closed");
      return;
    }
    if (at.is_at_document_mark()) {
      at.fail(begin, "this quote is not closed before the document ends");
    } else if (at.is_at_break()) {
      at.skip_break();
    } else if (quote == '\'' && at.is_at("''")) {
      at.skip(2);
    } else if (at.peek() == quote) {
      at.skip();
      return;
    } else if (quote == '"' && at.peek() == '\\') {
      skip_escape(at);
    } else {
      at.skip();
    }
  }
}

bool skip_plain(YamlCursor& at, int indent, bool is_in_flow) {
  bool is_on_new_line = false;
  while (!at.is_at_document_mark() && at.peek() != '#') {
    while (!at.is_at_gap() && !ends_plain(at, is_in_flow)) {
      at.skip();
      is_on_new_line = false;
    }
    if (at.is_at_end() || !at.is_at_gap()) {
      break;
    }
    while (at.is_at_blank() || at.is_at_break()) {
      if (at.is_at_break()) {
        at.skip_break();
        is_on_new_line = true;
      } else if (is_on_new_line && at.column() <= indent && at.peek() == '\t') {
        at.fail(at.mark().offset, "a tab stands where YAML allows spaces only: use spaces");
      } else {
        at.skip();
      }
    }
    if (!is_in_flow && at.column() <= indent) {
      break;
    }
  }
  return is_on_new_line;
}

void skip_block_scalar(YamlCursor& at, int indent) {
  at.skip();
  const int increment = skip_block_header(at);
  at.skip_blanks();
  if (at.peek() == '#') {
    at.skip_to_break();
  }
  if (!at.is_at_end() && !at.is_at_break()) {
    at.fail(at.mark().offset, "what follows | or > begins on the next line");
    return;
  }
  if (at.is_at_break()) {
    at.skip_break();
  }
  int own = increment == 0 ? 0 : std::max(indent, 0) + increment;
  skip_indentation(at, own, indent);
  while (at.column() == own && !at.is_at_end()) {
    at.skip_to_break();
    if (at.is_at_break()) {
      at.skip_break();
    }
    skip_indentation(at, own, indent);
  }
}

void skip_anchor(YamlCursor& at) {
  const std::size_t begin = at.mark().offset;
  at.skip();
  const std::size_t name = at.mark().offset;
  while (is_word_character(at.peek())) {
    at.skip();
  }
  const bool is_ended = at.is_at_gap() || is_one_of(at.peek(), BehindAnchor);
  if (at.mark().offset == name || !is_ended) {
    at.fail(begin,
            "the name of an anchor has letters, digits, _ and - (a text that begins with & "
            "or * needs quotes)");
  }
}

void skip_tag(YamlCursor& at, const TagHandles& known) {
  const std::size_t begin = at.mark().offset;
  bool is_complete = true;
  if (at.peek(1) == '<') {
    at.skip(2);
    is_complete = skip_uri(at) > 0 && at.peek() == '>';
    at.skip();
  } else {
    const std::string handle = skip_handle(at);
    const bool is_handle = handle.size() > 1 && handle.ends_with('!');
    is_complete = skip_uri(at) > 0 || !is_handle;
    if (is_handle && handle != "!!" &&
        std::find(known.begin(), known.end(), handle) == known.end()) {
      at.fail(begin, "no %TAG line says what the begin of this tag stands for");
    }
  }
  if (!is_complete || !at.is_at_gap()) {
    at.fail(begin, "this is no tag (a text that begins with ! needs quotes)");
  }
}

void skip_directive(YamlCursor& at, TagHandles& known) {
  const std::size_t begin = at.mark().offset;
  const bool is_version = at.is_at("%YAML") && at.is_at_blank(5);
  const bool is_tag = at.is_at("%TAG") && at.is_at_blank(4);
  if (!is_version && !is_tag) {
    at.fail(begin, "a line that begins with % must be %YAML or %TAG");
    return;
  }
  at.skip(is_version ? 5 : 4);
  at.skip_blanks();
  if (is_version) {
    skip_version(at, begin);
  } else {
    skip_tag_declaration(at, known, begin);
  }
  at.skip_blanks();
  if (at.peek() == '#') {
    at.skip_to_break();
  }
  if (!at.is_at_end() && !at.is_at_break()) {
    at.fail(begin, "expected nothing more on this line");
  }
}

}  // namespace llmsnap
