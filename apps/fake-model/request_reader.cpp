#include "request_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace fake_model {
namespace {

constexpr std::size_t MaxHeadBytes = 64 * 1024;
constexpr std::size_t MaxBodyBytes = 256 * 1024 * 1024;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (same_ignoring_case(trim(list.substr(0, comma)), word)) {
      return true;
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

std::optional<std::size_t> whole_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(value);
}

}  // namespace

std::optional<std::string_view> Request::field(std::string_view name) const {
  for (const Field& field : fields) {
    if (same_ignoring_case(field.name, name)) {
      return field.value;
    }
  }
  return std::nullopt;
}

std::string_view Request::path() const {
  return std::string_view(target).substr(0, std::min(target.find('?'), target.size()));
}

RequestReader::Outcome RequestReader::read() {
  while (phase_ != Phase::Complete && refusal_status_ == 0 && step()) {
  }
  if (refusal_status_ != 0) {
    return Outcome::Refused;
  }
  buffer_.erase(0, consumed_);
  consumed_ = 0;
  return phase_ == Phase::Complete ? Outcome::Complete : Outcome::NeedsMore;
}

Request RequestReader::take() {
  phase_ = Phase::Head;
  continue_wish_ = false;
  return std::exchange(request_, Request{});
}

bool RequestReader::take_continue_wish() {
  return std::exchange(continue_wish_, false);
}

bool RequestReader::step() {
  switch (phase_) {
    case Phase::Head:
      return read_head();
    case Phase::LengthBody:
      return read_length_body();
    case Phase::ChunkSize:
      return read_chunk_size();
    case Phase::ChunkBytes:
      return read_chunk_bytes();
    case Phase::ChunkEnd:
      return read_chunk_end();
    case Phase::Trailers:
      return read_trailers();
    case Phase::Complete:
      break;
  }
  return false;
}

bool RequestReader::read_head() {
  // Empty lines before a request are allowed, and some old clients send them.
  while (buffer_.compare(consumed_, 2, "\r\n") == 0) {
    consumed_ += 2;
  }
  const auto end = buffer_.find("\r\n\r\n", consumed_);
  if (end == std::string::npos) {
    return buffer_.size() - consumed_ > MaxHeadBytes ? refuse(431) : false;
  }
  if (end - consumed_ > MaxHeadBytes) {
    return refuse(431);
  }
  if (!parse_request_line(*next_line())) {
    return refuse(400);
  }
  for (auto line = next_line(); line && !line->empty(); line = next_line()) {
    if (!parse_field(*line)) {
      return refuse(400);
    }
  }
  return choose_framing();
}

bool RequestReader::parse_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto second = line.rfind(' ');
  if (first == std::string_view::npos || first == 0 || second <= first + 1) {
    return false;
  }
  const std::string_view version = line.substr(second + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return false;
  }
  request_.method = line.substr(0, first);
  request_.target = line.substr(first + 1, second - first - 1);
  request_.http_1_0 = version == "HTTP/1.0";
  return request_.target.find(' ') == std::string::npos;
}

bool RequestReader::parse_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 ||
      line.substr(0, colon).find_first_of(" \t") != std::string_view::npos) {
    return false;
  }
  request_.fields.push_back(
      {std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
  return true;
}

bool RequestReader::choose_framing() {
  const std::string_view connection = request_.field("connection").value_or("");
  request_.keep_alive =
      request_.http_1_0 ? has_word(connection, "keep-alive") : !has_word(connection, "close");
  const auto coding = request_.field("transfer-encoding");
  const auto length = request_.field("content-length");
  if (coding && length) {
    return refuse(400);
  }
  continue_wish_ = same_ignoring_case(request_.field("expect").value_or(""), "100-continue");
  if (coding) {
    phase_ = Phase::ChunkSize;
    return same_ignoring_case(*coding, "chunked") ? true : refuse(501);
  }
  const auto bytes = length ? whole_number(*length, 10) : std::size_t{0};
  if (!bytes) {
    return refuse(400);
  }
  if (*bytes > MaxBodyBytes) {
    return refuse(413);
  }
  remaining_ = *bytes;
  phase_ = Phase::LengthBody;
  return true;
}

bool RequestReader::read_length_body() {
  const std::size_t take = std::min(remaining_, buffer_.size() - consumed_);
  request_.body.append(buffer_, consumed_, take);
  consumed_ += take;
  remaining_ -= take;
  if (remaining_ == 0) {
    phase_ = Phase::Complete;
  }
  return false;
}

bool RequestReader::read_chunk_size() {
  const auto line = next_line();
  if (!line) {
    return buffer_.size() - consumed_ > MaxHeadBytes ? refuse(400) : false;
  }
  const auto size = whole_number(trim(line->substr(0, line->find(';'))), 16);
  if (!size) {
    return refuse(400);
  }
  if (*size > MaxBodyBytes - std::min(MaxBodyBytes, request_.body.size())) {
    return refuse(413);
  }
  remaining_ = *size;
  phase_ = *size == 0 ? Phase::Trailers : Phase::ChunkBytes;
  return true;
}

bool RequestReader::read_chunk_bytes() {
  const std::size_t take = std::min(remaining_, buffer_.size() - consumed_);
  request_.body.append(buffer_, consumed_, take);
  consumed_ += take;
  remaining_ -= take;
  if (remaining_ != 0) {
    return false;
  }
  phase_ = Phase::ChunkEnd;
  return true;
}

bool RequestReader::read_chunk_end() {
  if (buffer_.size() - consumed_ < 2) {
    return false;
  }
  if (buffer_.compare(consumed_, 2, "\r\n") != 0) {
    return refuse(400);
  }
  consumed_ += 2;
  phase_ = Phase::ChunkSize;
  return true;
}

bool RequestReader::read_trailers() {
  const auto line = next_line();
  if (!line) {
    return buffer_.size() - consumed_ > MaxHeadBytes ? refuse(431) : false;
  }
  if (line->empty()) {
    phase_ = Phase::Complete;
  }
  return true;
}

bool RequestReader::refuse(int status) {
  refusal_status_ = status;
  return false;
}

std::optional<std::string_view> RequestReader::next_line() {
  const auto end = buffer_.find("\r\n", consumed_);
  if (end == std::string::npos) {
    return std::nullopt;
  }
  const auto line = std::string_view(buffer_).substr(consumed_, end - consumed_);
  consumed_ = end + 2;
  return line;
}

}  // namespace fake_model
