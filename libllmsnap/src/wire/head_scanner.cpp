#include <algorithm>

#include "wire/field_lines.h"
#include "wire/grammar.h"
#include "wire/request_head.h"

namespace llmsnap::wire {
namespace {

constexpr std::size_t MaxMethod = 32;
constexpr std::size_t MaxEmptyLines = 4;
constexpr std::string_view Version11Line = "HTTP/1.1\r\n";

Error bad(const char* why) {
  return Error{ErrorCode::BadRequest, why};
}

/// Length of the run of bytes of the class that starts at `from`, counted up to `most`.
std::size_t run_length(std::string_view window, std::size_t from, std::size_t most,
                       grammar::Class wanted) {
  const char* const begin = window.data() + from;
  const char* const end = begin + std::min(most, window.size() - from);
  return static_cast<std::size_t>(grammar::skip(begin, end, wanted) - begin);
}

}  // namespace

Result<HeadScanner::Progress> HeadScanner::scan(std::string_view buffer) {
  while (state_ != State::Done) {
    const std::string_view window = buffer.substr(0, skipped_ + limits_.head);
    if (position_ >= window.size()) {
      if (window.size() == skipped_ + limits_.head) {
        return Error{ErrorCode::HeadTooLarge, "the request head is over the size limit"};
      }
      return Progress{skipped_, 0};
    }
    if (state_ == State::FieldStart && take_whole_line(window)) {
      continue;
    }
    if (Result<void> advanced = advance(window); !advanced) {
      return advanced.error();
    }
  }
  return Progress{skipped_, position_ - skipped_};
}

void HeadScanner::reset() {
  *this = HeadScanner(limits_);
}

Result<void> HeadScanner::advance(std::string_view window) {
  const char c = window[position_];
  switch (state_) {
    case State::Start:
      return advance_start(c);
    case State::StartLf:
      return advance_empty_line(c);
    case State::Method:
      return advance_method(window);
    case State::Target:
      return advance_target(window);
    case State::Version:
      return advance_version(window);
    case State::LineLf:
    case State::ValueLf:
      return expect_line_feed(c, State::FieldStart);
    case State::FieldStart:
      return advance_field_start(c);
    case State::Name:
      return advance_name(window);
    case State::Value:
      return advance_value(window);
    case State::EndLf:
      return expect_line_feed(c, State::Done);
    case State::Done:
      break;
  }
  return {};
}

Result<void> HeadScanner::advance_start(char c) {
  if (c == '\r') {
    if (empty_lines_ == MaxEmptyLines) {
      return bad("too many empty lines before the request line");
    }
    state_ = State::StartLf;
    ++position_;
    return {};
  }
  if (!grammar::is(c, grammar::Token)) {
    return bad("this is not an HTTP request");
  }
  mark_ = position_;
  state_ = State::Method;
  return {};
}

Result<void> HeadScanner::advance_empty_line(char c) {
  Result<void> ended = expect_line_feed(c, State::Start);
  if (ended) {
    skipped_ = position_;
    ++empty_lines_;
  }
  return ended;
}

Result<void> HeadScanner::advance_method(std::string_view window) {
  const std::size_t room = MaxMethod + 1 - (position_ - mark_);
  position_ += run_length(window, position_, room, grammar::Token);
  if (position_ - mark_ > MaxMethod) {
    return Error{ErrorCode::NotImplemented, "the method is too long"};
  }
  if (position_ < window.size()) {
    if (window[position_] != ' ') {
      return bad("the method is not a token followed by one space");
    }
    mark_ = ++position_;
    state_ = State::Target;
  }
  return {};
}

Result<void> HeadScanner::advance_target(std::string_view window) {
  const std::size_t room = limits_.target + 1 - (position_ - mark_);
  position_ += run_length(window, position_, room, grammar::Target);
  if (position_ - mark_ > limits_.target) {
    return Error{ErrorCode::TargetTooLong, "the request target is over the size limit"};
  }
  if (position_ < window.size()) {
    if (window[position_] != ' ' || position_ == mark_) {
      return bad(
          "the request target is empty, holds a byte that must be escaped, or no version follows "
          "it");
    }
    mark_ = ++position_;
    state_ = State::Version;
  }
  return {};
}

Result<void> HeadScanner::advance_version(std::string_view window) {
  if (position_ == mark_ && window.compare(mark_, Version11Line.size(), Version11Line) == 0) {
    position_ += Version11Line.size();
    state_ = State::FieldStart;
    return {};
  }
  const char c = window[position_];
  const std::size_t place = position_ - mark_;
  const bool digit = place == 5 || place == 7;
  if (digit ? !grammar::is(c, grammar::Digit) : c != Version11Line[place]) {
    return bad("the request line does not end with an HTTP version");
  }
  if (place == 5) {
    major_ = c;
  }
  if (c == '\r') {
    if (major_ != '1') {
      return Error{ErrorCode::VersionNotSupported, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
    }
    state_ = State::LineLf;
  }
  ++position_;
  return {};
}

Result<void> HeadScanner::advance_field_start(char c) {
  if (c == '\r') {
    state_ = State::EndLf;
    ++position_;
    return {};
  }
  if (!grammar::is(c, grammar::Token)) {
    return bad(grammar::is_space(c) ? "a line begins with white space"
                                    : "a field line does not begin with a name");
  }
  if (++fields_ > limits_.fields) {
    return Error{ErrorCode::HeadTooLarge, "the request has too many fields"};
  }
  mark_ = position_;
  state_ = State::Name;
  return {};
}

bool HeadScanner::take_whole_line(std::string_view window) {
  const char* const begin = window.data() + position_;
  const char* const end = window.data() + window.size();
  const char* const colon = grammar::skip(begin, end, grammar::Token);
  const auto name = static_cast<std::size_t>(colon - begin);
  if (name == 0 || name > MaxFieldName || colon == end || *colon != ':' ||
      fields_ >= limits_.fields) {
    return false;
  }
  const char* const stop = grammar::skip_value(colon + 1, end);
  if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n') {
    return false;
  }
  ++fields_;
  position_ += static_cast<std::size_t>(stop + 2 - begin);
  return true;
}

Result<void> HeadScanner::advance_name(std::string_view window) {
  const std::size_t room = MaxFieldName + 1 - (position_ - mark_);
  position_ += run_length(window, position_, room, grammar::Token);
  if (position_ - mark_ > MaxFieldName) {
    return Error{ErrorCode::HeadTooLarge, "a field name is too long"};
  }
  if (position_ < window.size()) {
    if (window[position_] != ':') {
      return bad("a field name is not a token followed by a colon");
    }
    ++position_;
    state_ = State::Value;
  }
  return {};
}

Result<void> HeadScanner::advance_value(std::string_view window) {
  const char* const begin = window.data() + position_;
  const char* const stop = grammar::skip_value(begin, window.data() + window.size());
  position_ += static_cast<std::size_t>(stop - begin);
  if (position_ < window.size()) {
    if (*stop != '\r') {
      return bad("a field value holds a control character");
    }
    ++position_;
    state_ = State::ValueLf;
  }
  return {};
}

Result<void> HeadScanner::expect_line_feed(char c, State next) {
  if (c != '\n') {
    return bad("a carriage return is not followed by a line feed");
  }
  ++position_;
  state_ = next;
  return {};
}

}  // namespace llmsnap::wire
