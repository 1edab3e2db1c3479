#include "route/json_scan.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/hex.h"
#include "route/json_string.h"
#include "route/model_name.h"
#include "route/plain_run.h"

namespace llmsnap::route {
namespace {

constexpr std::string_view ByteOrderMark = "\xef\xbb\xbf";

using ascii::is_digit;

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// Walks the document once. No recursion and no allocation: open containers are bits of one word.
class Scanner {
 public:
  Scanner(std::string_view document, std::size_t offset, const YieldFunction& yield)
      : yield_(yield),
        body_(document.data() - offset),
        first_(document.data()),
        end_(document.data() + document.size()),
        limit_(first_),
        position_(first_) {
    facts_.begin = offset;
  }

  Result<BodyFacts> run() {
    skip_space();
    if (!more() || *position_ != '{') {
      fail("it is not a JSON object");
    } else {
      push(Container::Object);
    }
    while (!error_ && depth_ > 0) {
      step();
    }
    skip_space();
    if (!error_ && more()) {
      fail("something follows the JSON object");
    }
    if (error_) {
      return std::move(*error_);
    }
    return std::move(facts_);
  }

 private:
  enum class Container { Array, Object };
  enum class Expect { KeyOrEnd, Key, Colon, ValueOrEnd, Value, CommaOrEnd };
  enum class Key { Other, Model, Stream };

  /// True if there is a byte to look at. All progress over the text asks this first, so that every
  /// kind of long run (strings, digits, white space) is cut into slices.
  bool more() { return position_ < limit_ || next_slice(); }

  bool next_slice() {
    if (limit_ == end_) {
      return false;
    }
    if (limit_ != first_) {
      yield_();
    }
    const char* slice = limit_;
    const auto left = static_cast<std::size_t>(end_ - slice);
    limit_ += std::min(left, ScanSliceBytes);
    // No character is cut in two. More than three continuation bytes in a row are invalid anyway.
    for (int i = 0; i < 3 && limit_ != end_ && (*limit_ & 0xc0) == 0x80; ++i) {
      --limit_;
    }
    if (!simdjson::validate_utf8(slice, static_cast<std::size_t>(limit_ - slice))) {
      fail("it is not valid UTF-8");
      return false;
    }
    return true;
  }

  /// Keeps the first reason, and ends the scan: nothing is more() any longer.
  void fail(std::string_view reason) {
    if (!error_) {
      error_ = Error{ErrorCode::BadRequest, fmt::format("invalid request body: {} (at byte {})",
                                                        reason, position_ - body_)};
    }
    position_ = limit_ = end_;
  }

  void skip_space() {
    while (more() && is_space(*position_)) {
      ++position_;
    }
  }

  bool take(char expected) {
    if (!more() || *position_ != expected) {
      return false;
    }
    ++position_;
    return true;
  }

  void push(Container kind) {
    if (depth_ == MaxJsonDepth) {
      fail(fmt::format("nesting deeper than {} levels", MaxJsonDepth));
      return;
    }
    ++position_;
    ++depth_;
    objects_ = (objects_ << 1) | (kind == Container::Object ? 1U : 0U);
    expect_ = kind == Container::Object ? Expect::KeyOrEnd : Expect::ValueOrEnd;
  }

  void pop() {
    ++position_;
    --depth_;
    objects_ >>= 1;
    expect_ = Expect::CommaOrEnd;
    end_range();
  }

  bool in_object() const { return (objects_ & 1) != 0; }

  /// One token.
  void step() {
    skip_space();
    if (!more()) {
      fail("it ends within the JSON object");
      return;
    }
    const char c = *position_;
    switch (expect_) {
      case Expect::KeyOrEnd:
      case Expect::Key:
        if (c == '}' && expect_ == Expect::KeyOrEnd) {
          pop();
        } else {
          read_key();
        }
        break;
      case Expect::Colon:
        if (!take(':')) {
          fail("a colon is missing");
        }
        expect_ = Expect::Value;
        break;
      case Expect::ValueOrEnd:
      case Expect::Value:
        if (c == ']' && expect_ == Expect::ValueOrEnd) {
          pop();
        } else {
          read_value();
        }
        break;
      case Expect::CommaOrEnd:
        read_separator(c);
        break;
    }
  }

  void read_separator(char c) {
    if (c == ',') {
      ++position_;
      expect_ = in_object() ? Expect::Key : Expect::Value;
    } else if (c == (in_object() ? '}' : ']')) {
      pop();
    } else {
      fail("a comma or a closing bracket is missing");
    }
  }

  void read_key() {
    if (*position_ != '"') {
      fail("a key is not a string");
      return;
    }
    const char* begin = position_;
    if (!read_string()) {
      return;
    }
    expect_ = Expect::Colon;
    if (depth_ == 1) {
      note_key({begin + 1, static_cast<std::size_t>(position_ - begin - 2)});
    }
  }

  /// A key of the document itself, without its quotes.
  void note_key(std::string_view raw) {
    constexpr std::size_t LongestSpelling = sizeof("\\u0073") * sizeof("stream_options");
    if (raw.size() > LongestSpelling) {
      return;
    }
    const std::string key = unescaped_json(raw);
    if (key == "model") {
      if (std::exchange(model_seen_, true)) {
        fail("a second \"model\"");
      }
      key_ = Key::Model;
    } else if (key == "stream") {
      facts_.stream = false;  // the last one counts, as in most parsers
      key_ = Key::Stream;
    } else if (key == "keep_alive") {
      range_ = &facts_.keep_alive;
    } else if (key == "ttl") {
      range_ = &facts_.ttl;
    } else if (key == "stream_options") {
      range_ = &facts_.stream_options;
    }
  }

  /// Behind a value; that of a member of the document ends the range it is noted in.
  void end_range() {
    if (range_ != nullptr && depth_ == 1) {
      (*range_)->end = static_cast<std::size_t>(position_ - body_);
      range_ = nullptr;
    }
  }

  void read_value() {
    const Key key = std::exchange(key_, Key::Other);
    const char* begin = position_;
    expect_ = Expect::CommaOrEnd;
    if (range_ != nullptr && depth_ == 1) {
      *range_ = ByteRange{static_cast<std::size_t>(begin - body_), 0};
    }
    switch (*begin) {
      case '{':
        push(Container::Object);
        break;
      case '[':
        push(Container::Array);
        break;
      case '"':
        if (read_string() && key == Key::Model) {
          note_model(begin);
        }
        break;
      case 't':
        read_literal("true");
        facts_.stream = facts_.stream || key == Key::Stream;
        break;
      case 'f':
        read_literal("false");
        break;
      case 'n':
        read_literal("null");
        break;
      default:
        read_number();
        break;
    }
    end_range();
  }

  void note_model(const char* begin) {
    const std::string_view raw(begin + 1, static_cast<std::size_t>(position_ - begin - 2));
    if (raw.size() > MaxModelNameBytes) {
      fail(fmt::format("the name of the model is longer than {} bytes", MaxModelNameBytes));
      return;
    }
    std::string name = unescaped_json(raw);
    if (has_control_character(name)) {
      fail("the name of the model has a control character in it");
      return;
    }
    facts_.model = std::move(name);
    facts_.model_begin = static_cast<std::size_t>(begin - body_);
    facts_.model_end = static_cast<std::size_t>(position_ - body_);
  }

  bool read_string() {
    ++position_;
    while (more()) {
      position_ = skip_plain_run(position_, limit_);
      if (position_ == limit_) {
        continue;
      }
      const char c = *position_;
      if (c == '"') {
        ++position_;
        return true;
      }
      if (c != '\\') {
        fail("a control character within a string");
      } else if (!read_escape()) {
        fail("a broken escape within a string");
      }
    }
    fail("it ends within a string");
    return false;
  }

  bool read_escape() {
    ++position_;
    if (!take('u')) {
      constexpr std::string_view Simple = "\"\\/bfnrt";
      return more() && Simple.find(*position_++) != Simple.npos;
    }
    const std::uint32_t unit = read_hex_unit();
    if (unit == InvalidUnit || is_low_surrogate(unit)) {
      return false;
    }
    return !is_high_surrogate(unit) ||
           (take('\\') && take('u') && is_low_surrogate(read_hex_unit()));
  }

  static constexpr std::uint32_t InvalidUnit = 0x10000;

  std::uint32_t read_hex_unit() {
    std::uint32_t unit = 0;
    for (int i = 0; i < 4; ++i) {
      const std::uint32_t digit = more() ? hex_value(*position_) : NotHex;
      if (digit == NotHex) {
        return InvalidUnit;
      }
      unit = unit * 16 + digit;
      ++position_;
    }
    return unit;
  }

  void read_literal(std::string_view literal) {
    for (const char c : literal) {
      if (!take(c)) {
        fail("a value is neither true, false nor null");
        return;
      }
    }
  }

  void read_number() {
    take('-');
    bool valid = take('0') || skip_digits();
    if (valid && take('.')) {
      valid = skip_digits();
    }
    if (valid && (take('e') || take('E'))) {
      if (!take('+')) {
        take('-');
      }
      valid = skip_digits();
    }
    if (!valid) {
      fail("a value is malformed");
    }
  }

  /// At least one.
  bool skip_digits() {
    if (!more() || !is_digit(*position_)) {
      return false;
    }
    while (more() && is_digit(*position_)) {
      ++position_;
    }
    return true;
  }

  const YieldFunction& yield_;
  const char* const body_;
  const char* const first_;
  const char* const end_;
  const char* limit_;  // end of the slice at work, which is valid UTF-8
  const char* position_;

  std::uint64_t objects_ =
      0;  // one bit per open container: 1 is an object; the innermost is the lowest
  int depth_ = 0;
  Expect expect_ = Expect::Value;
  Key key_ = Key::Other;  // whose value comes next; only ever set on the first level
  std::optional<ByteRange>* range_ = nullptr;  // the same for a value whose place is noted
  bool model_seen_ = false;

  BodyFacts facts_;
  std::optional<Error> error_;
};

static_assert(MaxJsonDepth <= 64, "open containers are bits of one 64-bit word");

}  // namespace

Result<BodyFacts> scan_json_body(const PaddedBytes& body, const YieldFunction& yield) {
  const std::string_view text = body.view();
  const std::size_t offset = text.starts_with(ByteOrderMark) ? ByteOrderMark.size() : 0;
  return Scanner(text.substr(offset), offset, yield).run();
}

}  // namespace llmsnap::route
