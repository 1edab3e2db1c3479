#include "reply_reader.h"

#include <strings.h>

#include <charconv>

namespace bench {
namespace {

constexpr std::size_t MaxHeadBytes = 64 * 1024;
constexpr std::string_view LastChunk = "0\r\n\r\n";

// The value of a field, empty if there is none. The head begins with a status line.
std::string_view field_value(std::string_view head, std::string_view name) {
  for (auto at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
    std::string_view line = head.substr(at + 2);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        strncasecmp(line.data(), name.data(), name.size()) == 0) {
      line = line.substr(name.size() + 1);
      line = line.substr(0, line.find("\r\n"));
      const auto first = line.find_first_not_of(' ');
      return first == std::string_view::npos ? std::string_view{} : line.substr(first);
    }
  }
  return {};
}

}  // namespace

ReplyReader::State ReplyReader::feed(std::string_view bytes) {
  if (in_body_) {
    return read_body(bytes);
  }
  if (head_.empty()) {
    return read_head(bytes);
  }
  head_.append(bytes);
  const std::string whole = std::move(head_);
  head_.clear();
  return read_head(whole);
}

ReplyReader::State ReplyReader::read_head(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    head_ = bytes;
    return bytes.size() > MaxHeadBytes ? State::Broken : State::NeedsMore;
  }
  const std::string_view head = bytes.substr(0, end + 2);
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 14) {
    return State::Broken;
  }
  std::from_chars(head.data() + 9, head.data() + 12, status_);
  const std::string_view length = field_value(head, "content-length");
  chunked_ = length.empty();
  remaining_ = 0;
  if (chunked_ && field_value(head, "transfer-encoding").empty()) {
    return State::Broken;
  }
  std::from_chars(length.data(), length.data() + length.size(), remaining_);
  tail_.clear();
  in_body_ = true;
  return read_body(bytes.substr(end + 4));
}

ReplyReader::State ReplyReader::read_body(std::string_view bytes) {
  if (chunked_) {
    tail_.append(bytes.size() > LastChunk.size() ? bytes.substr(bytes.size() - LastChunk.size())
                                                 : bytes);
    in_body_ = !tail_.ends_with(LastChunk);
    if (tail_.size() > LastChunk.size()) {
      tail_.erase(0, tail_.size() - LastChunk.size());
    }
    return in_body_ ? State::NeedsMore : State::Complete;
  }
  if (bytes.size() > remaining_) {
    return State::Broken;
  }
  remaining_ -= bytes.size();
  in_body_ = remaining_ != 0;
  return in_body_ ? State::NeedsMore : State::Complete;
}

}  // namespace bench
