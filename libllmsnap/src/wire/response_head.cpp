#include "wire/response_head.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/hex.h"
#include "wire/field_lines.h"
#include "wire/grammar.h"

namespace llmsnap::wire {
namespace {

constexpr std::string_view Prefix = "HTTP/1.";

Error failed(const char* why) {
  return Error{ErrorCode::UpstreamFailed, why};
}

/// Reads the status line and leaves what follows it in `bytes`.
Result<void> parse_status_line(std::string_view& bytes, ResponseHead& head) {
  const std::size_t eol = bytes.find("\r\n");
  const std::string_view line = bytes.substr(0, std::min(eol, bytes.size()));
  // HTTP/1.x SP 3DIGIT, then a space and a reason; servers that leave out both are common.
  if (eol == std::string_view::npos || line.size() < 12 || line.substr(0, 7) != Prefix ||
      !grammar::is(line[7], grammar::Digit) || line[8] != ' ' ||
      !grammar::all(line.substr(9, 3), grammar::Digit) || (line.size() > 12 && line[12] != ' ')) {
    return failed("the answer does not begin with an HTTP/1 status line");
  }
  head.minor_version = line[7] == '0' ? 0 : 1;
  head.status =
      static_cast<int>(hex_value(line[9]) * 100 + hex_value(line[10]) * 10 + hex_value(line[11]));
  if (head.status < 100) {
    return failed("the status of the answer is below 100");
  }
  head.reason = line.substr(std::min<std::size_t>(13, line.size()));
  if (!grammar::all(head.reason, grammar::Value)) {
    return failed("the reason of the answer holds a control character");
  }
  bytes.remove_prefix(eol + 2);
  return {};
}

struct ControlFields {
  const Field* content_length = nullptr;
  const Field* transfer_encoding = nullptr;
  bool connection_close = false;
  bool connection_keep_alive = false;
};

Result<ControlFields> find_control_fields(const Fields& fields) {
  ControlFields found;
  for (const Field& field : fields) {
    if (same_name(field.name, "Connection")) {
      found.connection_close |= list_contains(field.value, "close");
      found.connection_keep_alive |= list_contains(field.value, "keep-alive");
    } else if (same_name(field.name, "Content-Length")) {
      if (std::exchange(found.content_length, &field) != nullptr) {
        return failed("the answer has more than one Content-Length");
      }
    } else if (same_name(field.name, "Transfer-Encoding")) {
      if (std::exchange(found.transfer_encoding, &field) != nullptr) {
        return failed("the answer has more than one Transfer-Encoding");
      }
    }
  }
  if (found.content_length != nullptr && found.transfer_encoding != nullptr) {
    return failed("the answer has both a Content-Length and a Transfer-Encoding");
  }
  return found;
}

Result<void> set_framing(const ControlFields& found, bool to_head, ResponseHead& head) {
  if (found.transfer_encoding != nullptr) {
    if (head.minor_version == 0) {
      return failed("the answer is HTTP/1.0 and has a Transfer-Encoding");
    }
    if (!same_name(found.transfer_encoding->value, "chunked")) {
      return failed("the transfer coding of the answer is not chunked alone");
    }
    head.framing = Framing::Chunked;
  } else if (found.content_length != nullptr) {
    const std::optional<std::uint64_t> length = parse_length(found.content_length->value);
    if (!length) {
      return failed("the Content-Length of the answer is not a decimal number in range");
    }
    head.framing = Framing::Length;
    head.content_length = *length;
    head.has_length = true;
  }
  const bool never_has_body = head.status < 200 || head.status == 204;
  if (never_has_body && (head.framing == Framing::Chunked || head.content_length > 0)) {
    head.keep_alive = false;  // it announces a body that cannot be: what follows is anybody's guess
  }
  if (to_head || never_has_body || head.status == 304) {
    head.framing = Framing::None;
  }
  return {};
}

}  // namespace

Result<std::size_t> scan_response_head(std::string_view buffer, std::size_t& scanned,
                                       const HeadLimits& limits) {
  const std::string_view window = buffer.substr(0, limits.head);
  const std::size_t known = std::min(window.size(), Prefix.size());
  if (window.substr(0, known) != Prefix.substr(0, known)) {
    return failed("the answer does not begin with an HTTP/1 status line");
  }
  while (scanned < window.size()) {
    const std::size_t feed = window.find('\n', scanned);
    if (feed == std::string_view::npos) {
      scanned = window.size();
      break;
    }
    if (window[feed - 1] != '\r') {
      scanned = feed;
      return failed("a line of the answer's head ends without a carriage return");
    }
    scanned = feed + 1;
    if (window[feed - 2] == '\n') {
      return scanned;
    }
  }
  if (window.size() == limits.head) {
    return failed("the answer's head is over the size limit");
  }
  return std::size_t{0};
}

Result<void> parse_response_head(std::string_view bytes, bool to_head, const HeadLimits& limits,
                                 ResponseHead& head) {
  Fields fields = std::move(head.fields);
  fields.clear();
  head = ResponseHead();
  head.fields = std::move(fields);
  if (bytes.size() > limits.head) {
    return failed("the answer's head is over the size limit");
  }
  if (Result<void> line = parse_status_line(bytes, head); !line) {
    return line;
  }
  if (const auto fault = parse_field_lines(bytes, limits.fields, head.fields)) {
    return failed(fault->text);
  }
  const Result<ControlFields> found = find_control_fields(head.fields);
  if (!found) {
    return found.error();
  }
  head.keep_alive = head.minor_version == 0 ? found->connection_keep_alive : true;
  head.keep_alive = head.keep_alive && !found->connection_close;
  if (Result<void> framing = set_framing(*found, to_head, head); !framing) {
    return framing;
  }
  head.keep_alive = head.keep_alive && head.framing != Framing::UntilClose;
  return {};
}

}  // namespace llmsnap::wire
