#include "config/yaml_scanner.h"

#include <algorithm>
#include <utility>

#include "config/yaml_lexemes.h"
#include "config/yaml_tree.h"

namespace llmsnap {
namespace {

using Kind = YamlToken::Kind;

constexpr std::string_view NoPlainStart = "#|>%@`";  // and what begins another token
constexpr std::string_view MissingColon = "expected a : behind this key";
constexpr std::size_t MaxSimpleKey = 1024;  // characters, by the specification
/// No value needs more of them: a start and an end, a key, a colon, a comma, an anchor, a tag.
constexpr std::size_t MaxTokens = 8UL * MaxYamlNodes;

/// Where a key may have begun; only a `:` behind it makes it one.
struct SimpleKey {
  bool is_possible = false;
  bool is_required = false;  // nothing but a key can stand there
  std::size_t token = 0;     // where its Key token would be inserted
  YamlCursor::Mark mark;
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text) {}

  YamlScan scan() {
    while (!is_done_) {
      skip_to_token();
      unroll_indent(at_.column());
      scan_token();
    }
    return {std::move(tokens_), at_.fault()};
  }

 private:
  bool is_in_flow() const { return keys_.size() > 1; }
  void add(Kind kind, std::size_t begin) { tokens_.push_back({kind, begin, at_.mark().offset}); }
  void add_here(Kind kind) { add(kind, at_.mark().offset); }

  void skip_to_token();
  void scan_token();
  bool scan_document_part();
  bool scan_collection_part();
  void scan_node_part();

  void end_document();
  void start_flow(Kind kind);
  void end_flow(Kind kind);
  void indicator(Kind kind);
  void block_indicator(Kind kind, Kind collection, std::string_view why_not);
  void value();
  void may_be_key();

  bool is_stale(const SimpleKey& key) const;
  void drop_key();
  void roll_indent(const YamlCursor::Mark& mark, std::size_t token, Kind collection);
  void unroll_indent(int column);

  YamlCursor at_;
  std::vector<YamlToken> tokens_;
  std::vector<SimpleKey> keys_{1};  // one outside of `[]` and `{}`, and one for each of them
  std::vector<int> indents_;        // of the block collections around the current one
  int indent_ = -1;
  bool is_key_allowed_ = true;
  bool has_directive_ = false;
  bool has_begun_ = false;
  bool is_done_ = false;
  TagHandles handles_;
};

void Scanner::skip_to_token() {
  while (true) {
    // Where a key may stand, blanks are indentation, and a tab has no width.
    while (at_.peek() == ' ' || (at_.peek() == '\t' && (is_in_flow() || !is_key_allowed_))) {
      at_.skip();
    }
    if (at_.peek() == '#') {
      at_.skip_to_break();
    }
    if (!at_.is_at_break()) {
      return;
    }
    at_.skip_break();
    is_key_allowed_ = is_key_allowed_ || !is_in_flow();
  }
}

void Scanner::scan_token() {
  if (tokens_.size() > MaxTokens) {
    at_.fail(at_.mark().offset, "too many values");
  }
  if (scan_document_part()) {
    return;
  }
  if (has_directive_ && !has_begun_) {
    at_.fail(at_.mark().offset, "expected --- behind the lines that begin with %");
  }
  has_begun_ = true;
  if (!scan_collection_part()) {
    scan_node_part();
  }
}

bool Scanner::scan_document_part() {
  if (at_.is_at_end()) {
    end_document();
  } else if (at_.column() == 0 && at_.peek() == '%') {
    if (has_begun_) {
      at_.fail(at_.mark().offset, "a text that begins with % needs quotes");
    } else {
      has_directive_ = true;
      skip_directive(at_, handles_);
    }
  } else if (at_.is_at_document_mark()) {
    if (has_begun_) {
      end_document();
    } else if (at_.peek() == '.') {
      at_.fail(at_.mark().offset, "no document has begun that this could end");
    } else {
      const std::size_t begin = at_.mark().offset;
      at_.skip(3);
      add(Kind::DocumentStart, begin);
      is_key_allowed_ = false;
      has_begun_ = true;
    }
  } else {
    return false;
  }
  return true;
}

bool Scanner::scan_collection_part() {
  switch (at_.peek()) {
    case '[':
      start_flow(Kind::FlowSequenceStart);
      return true;
    case '{':
      start_flow(Kind::FlowMappingStart);
      return true;
    case ']':
      end_flow(Kind::FlowSequenceEnd);
      return true;
    case '}':
      end_flow(Kind::FlowMappingEnd);
      return true;
    case ',':
      drop_key();
      is_key_allowed_ = true;
      indicator(Kind::FlowEntry);
      return true;
    default:
      break;
  }
  if (at_.peek() == '-' && at_.is_at_gap(1)) {
    block_indicator(Kind::BlockEntry, Kind::BlockSequenceStart,
                    "an item of a list cannot begin here");
  } else if (at_.peek() == '?' && at_.is_at_gap(1)) {
    block_indicator(Kind::Key, Kind::BlockMappingStart, "a key cannot begin here");
  } else if (at_.peek() == ':' && (is_in_flow() || at_.is_at_gap(1))) {
    value();
  } else {
    return false;
  }
  return true;
}

void Scanner::scan_node_part() {
  const std::size_t begin = at_.mark().offset;
  const char first = at_.peek();
  if ((first == '|' || first == '>') && !is_in_flow()) {
    drop_key();
    is_key_allowed_ = true;
    skip_block_scalar(at_, indent_);
    add(Kind::Scalar, begin);
    return;
  }
  may_be_key();
  is_key_allowed_ = false;
  if (first == '*' || first == '&') {
    skip_anchor(at_);
    add(first == '*' ? Kind::Alias : Kind::Anchor, begin);
  } else if (first == '!') {
    skip_tag(at_, handles_);
    add(Kind::Tag, begin);
  } else if (first == '\'' || first == '"') {
    skip_quoted(at_);
    add(Kind::Scalar, begin);
  } else if (first == '\t') {
    at_.fail(begin, "a tab stands where YAML allows spaces only: use spaces");
  } else if (NoPlainStart.find(first) != std::string_view::npos) {
    at_.fail(begin, "a text that begins with this character needs quotes");
  } else {
    is_key_allowed_ = skip_plain(at_, indent_, is_in_flow());
    add(Kind::Scalar, begin);
  }
}

void Scanner::end_document() {
  unroll_indent(-1);
  drop_key();
  add_here(Kind::End);
  is_done_ = true;
}

void Scanner::start_flow(Kind kind) {
  may_be_key();
  keys_.emplace_back();
  is_key_allowed_ = true;
  indicator(kind);
}

void Scanner::end_flow(Kind kind) {
  drop_key();
  if (is_in_flow()) {
    keys_.pop_back();
  }
  is_key_allowed_ = false;
  indicator(kind);
}

/// One character that is a token.
void Scanner::indicator(Kind kind) {
  const std::size_t begin = at_.mark().offset;
  at_.skip();
  add(kind, begin);
}

/// `- ` or `? `, which begin a collection where they are indented deeper than the one around.
void Scanner::block_indicator(Kind kind, Kind collection, std::string_view why_not) {
  if (!is_in_flow()) {
    if (!is_key_allowed_) {
      at_.fail(at_.mark().offset, why_not);
    }
    roll_indent(at_.mark(), tokens_.size(), collection);
  }
  drop_key();
  is_key_allowed_ = kind == Kind::BlockEntry || !is_in_flow();
  indicator(kind);
}

void Scanner::value() {
  SimpleKey& key = keys_.back();
  if (key.is_possible && !is_stale(key)) {
    const auto place = tokens_.begin() + static_cast<std::ptrdiff_t>(key.token);
    tokens_.insert(place, {Kind::Key, key.mark.offset, key.mark.offset});
    roll_indent(key.mark, key.token, Kind::BlockMappingStart);
    key.is_possible = false;
    is_key_allowed_ = false;
  } else {
    drop_key();
    if (!is_in_flow()) {
      if (!is_key_allowed_) {
        at_.fail(at_.mark().offset,
                 "a : with a blank behind it cannot stand here (the text needs quotes)");
      }
      roll_indent(at_.mark(), tokens_.size(), Kind::BlockMappingStart);
    }
    is_key_allowed_ = !is_in_flow();
  }
  indicator(Kind::Value);
}

void Scanner::may_be_key() {
  if (is_key_allowed_) {
    drop_key();
    keys_.back() = {true, !is_in_flow() && indent_ == at_.column(), tokens_.size(), at_.mark()};
  }
}

bool Scanner::is_stale(const SimpleKey& key) const {
  return key.mark.line < at_.mark().line ||
         key.mark.character + MaxSimpleKey < at_.mark().character;
}

void Scanner::drop_key() {
  if (keys_.back().is_possible && keys_.back().is_required) {
    at_.fail(keys_.back().mark.offset, MissingColon);
  }
  keys_.back().is_possible = false;
}

void Scanner::roll_indent(const YamlCursor::Mark& mark, std::size_t token, Kind collection) {
  if (is_in_flow() || indent_ >= mark.column) {
    return;
  }
  indents_.push_back(indent_);
  indent_ = mark.column;
  const auto place = tokens_.begin() + static_cast<std::ptrdiff_t>(token);
  tokens_.insert(place, {collection, mark.offset, mark.offset});
}

void Scanner::unroll_indent(int column) {
  while (!is_in_flow() && indent_ > column) {
    add_here(Kind::BlockEnd);
    indent_ = indents_.back();
    indents_.pop_back();
  }
}

/// The offset of the first character that no YAML may hold, or npos. The text is UTF-8.
std::size_t control_character(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool is_control =
        byte < 0x20 ? byte != '\t' && byte != '\n' && byte != '\r' : byte == 0x7F;
    const bool is_high_control = byte == 0xC2 && at + 1 < text.size() &&
                                 static_cast<unsigned char>(text[at + 1]) < 0xA0 &&
                                 text[at + 1] != '\x85';
    const bool is_no_character =
        text.substr(at).starts_with("\xEF\xBF\xBE") || text.substr(at).starts_with("\xEF\xBF\xBF");
    if (is_control || is_high_control || is_no_character) {
      return at;
    }
  }
  return std::string_view::npos;
}

}  // namespace

YamlScan scan_yaml(std::string_view text) {
  if (const std::size_t at = control_character(text); at != std::string_view::npos) {
    return {{},
            YamlFault{at, "a control character stands here; in double quotes it is written \\x.."}};
  }
  return Scanner(text).scan();
}

}  // namespace llmsnap
