#include "route/form_scan.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <utility>

#include "route/form_fields.h"
#include "route/model_name.h"

namespace llmsnap::route {
namespace {

constexpr std::size_t NotFound = std::string::npos;

Error bad(const std::string& why) {
  return {ErrorCode::BadRequest, "error parsing multipart form: " + why};
}

}  // namespace

Result<void> FormScanner::take(std::string_view piece) {
  if (place_ == Place::Epilogue) {
    return {};
  }
  waiting_.append(piece);
  for (;;) {
    const Result<bool> moved = step();
    if (!moved) {
      return moved.error();
    }
    if (!*moved) {
      drop_consumed();
      return {};
    }
  }
}

Result<bool> FormScanner::step() {
  switch (place_) {
    case Place::Preamble:
      return skip_to_delimiter();
    case Place::BehindDelimiter:
      return pass_delimiter();
    case Place::Head:
      return read_head();
    case Place::Value:
      return read_value();
    case Place::Epilogue:
      consume(rest().size());
      return false;
  }
  return false;
}

// In linear time, whatever the bytes: std::string's own search may compare most of the delimiter at
// each place.
std::size_t FormScanner::find_delimiter() const {
  const std::string_view bytes = rest();
  const void* found = ::memmem(bytes.data(), bytes.size(), delimiter_.data(), delimiter_.size());
  return found == nullptr
             ? NotFound
             : static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
}

void FormScanner::consume(std::size_t count) {
  consumed_ += count;
  offset_ += static_cast<std::int64_t>(count);
  looked_at_ = 0;
}

/// What is left is the beginning of a delimiter or of a head: little.
void FormScanner::drop_consumed() {
  waiting_.erase(0, consumed_);
  consumed_ = 0;
}

Result<bool> FormScanner::skip_to_delimiter() {
  const std::size_t found = find_delimiter();
  if (found == NotFound) {
    consume(rest().size() - std::min(rest().size(), delimiter_.size() - 1));
    return false;
  }
  consume(found + delimiter_.size());
  place_ = Place::BehindDelimiter;
  return true;
}

/// `--` ends the form; else spaces, then the line's end.
Result<bool> FormScanner::pass_delimiter() {
  const std::string_view bytes = rest();
  if (bytes.starts_with("--")) {
    place_ = Place::Epilogue;
    return true;
  }
  const std::size_t padding = std::min(bytes.find_first_not_of(" \t", looked_at_), bytes.size());
  if (padding > LargestPartHead) {
    return bad("a boundary is followed by too many spaces");
  }
  const std::string_view behind = bytes.substr(padding);
  constexpr std::string_view LineEnd = "\r\n";
  if (behind.size() < LineEnd.size() && (LineEnd.starts_with(behind) || bytes == "-")) {
    looked_at_ = padding;
    return false;
  }
  if (!behind.starts_with(LineEnd)) {
    return bad("a line begins with the boundary and goes on behind it");
  }
  if (++parts_ > MostParts) {
    return bad(fmt::format("it has more than {} parts", MostParts));
  }
  consume(padding);  // the line's end stays: a head without lines begins with it
  place_ = Place::Head;
  return true;
}

Result<bool> FormScanner::read_head() {
  constexpr std::string_view HeadEnd = "\r\n\r\n";
  const std::string_view bytes = rest();
  const std::size_t end = bytes.find(HeadEnd, looked_at_);
  if (std::min(end, bytes.size()) > LargestPartHead) {
    return bad(fmt::format("the head of a part is over {} bytes", LargestPartHead));
  }
  if (end == NotFound) {
    looked_at_ = bytes.size() - std::min(bytes.size(), HeadEnd.size() - 1);
    return false;
  }
  const std::string_view head = end == 0 ? std::string_view() : bytes.substr(2, end - 2);
  // The second line end stays: it begins the delimiter of an empty value.
  consume(end + HeadEnd.size() / 2);
  if (auto begun = begin_value(head); !begun) {
    return begun.error();
  }
  place_ = Place::Value;
  return true;
}

Result<void> FormScanner::begin_value(std::string_view head) {
  const Result<FormPart> part = read_part_head(head);
  if (!part) {
    return part.error();
  }
  field_ = part->is_file            ? Field::Other
           : part->name == "model"  ? Field::Model
           : part->name == "stream" ? Field::Stream
                                    : Field::Other;
  if (field_ == Field::Model) {
    if (facts_.model) {
      return bad("it has two fields named model");
    }
    facts_.model_begin = static_cast<std::uint64_t>(offset_) + 2;  // behind its head's line end
  }
  value_.clear();
  return {};
}

Result<bool> FormScanner::read_value() {
  const std::size_t found = find_delimiter();
  const std::string_view bytes = rest();
  const std::size_t end =
      found == NotFound ? bytes.size() - std::min(bytes.size(), delimiter_.size() - 1) : found;
  if (field_ != Field::Other) {
    value_.append(bytes.substr(0, end));
    if (value_.size() > MaxModelNameBytes + 2) {
      return bad(field_ == Field::Model ? "the model's name is too long" : "stream is too long");
    }
  }
  consume(end);
  if (found == NotFound) {
    return false;
  }
  if (auto ended = end_value(); !ended) {
    return ended.error();
  }
  consume(delimiter_.size());
  place_ = Place::BehindDelimiter;
  return true;
}

Result<void> FormScanner::end_value() {
  const std::string value = value_.size() < 2 ? std::string() : value_.substr(2);
  if (field_ == Field::Stream) {
    facts_.stream = value == "true";
  } else if (field_ == Field::Model) {
    if (value.empty() || has_control_character(value)) {
      return Error{ErrorCode::BadRequest, "missing or invalid 'model' parameter in form data"};
    }
    facts_.model = value;
    facts_.model_end = facts_.model_begin + value.size();
  }
  return {};
}

Result<FormFacts> FormScanner::finish() && {
  if (place_ != Place::Epilogue) {
    return bad("it ends before its last boundary");
  }
  if (!facts_.model) {
    return Error{ErrorCode::BadRequest, "missing or invalid 'model' parameter in form data"};
  }
  return std::move(facts_);
}

}  // namespace llmsnap::route
