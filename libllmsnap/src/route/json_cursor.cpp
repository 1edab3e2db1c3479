#include "route/json_cursor.h"

#include <cstdint>

#include "route/plain_run.h"

namespace llmsnap::route {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool ends_scalar(char c) {
  return c == ',' || c == '}' || c == ']' || is_space(c);
}

bool is_structural(char c) {
  return c == '"' || c == '{' || c == '}' || c == '[' || c == ']';
}

}  // namespace

bool JsonCursor::next_slice() {
  if (at_end()) {
    return false;
  }
  yield_();
  limit_ = position_ + std::min(ScanSliceBytes, static_cast<std::size_t>(end_ - position_));
  return true;
}

void JsonCursor::skip_space() {
  while (more() && is_space(*position_)) {
    ++position_;
  }
}

std::string_view JsonCursor::skip_string() {
  skip_byte();
  const char* const begin = position_;
  while (more()) {
    position_ = skip_plain_run(position_, limit_);
    if (position_ == limit_) {
      continue;
    }
    if (*position_ == '"') {
      const std::string_view contents(begin, static_cast<std::size_t>(position_ - begin));
      ++position_;
      return contents;
    }
    // What is escaped is never looked at: it may be a quote.
    skip_byte();
    skip_byte();
  }
  return {begin, static_cast<std::size_t>(position_ - begin)};
}

void JsonCursor::skip_value() {
  const char first = peek();
  if (first == '"') {
    skip_string();
  } else if (first == '{' || first == '[') {
    skip_container();
  } else {
    while (more() && !ends_scalar(*position_)) {
      ++position_;
    }
  }
}

void JsonCursor::skip_container() {
  std::size_t open = 0;
  while (more()) {
    while (position_ < limit_ && !is_structural(*position_)) {
      ++position_;
    }
    if (position_ == limit_) {
      continue;
    }
    const char c = *position_;
    if (c == '"') {
      skip_string();
      continue;
    }
    ++position_;
    if (c == '{' || c == '[') {
      ++open;
    } else if (--open == 0) {
      return;
    }
  }
}

}  // namespace llmsnap::route
