#include "wire/request_head.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "wire/authority.h"
#include "wire/field_lines.h"
#include "wire/grammar.h"
#include "wire/request_target.h"

namespace llmsnap::wire {
namespace {

constexpr std::array<std::string_view, 7> Methods = {"GET",   "POST",   "HEAD",   "PUT",
                                                     "PATCH", "DELETE", "OPTIONS"};

Error bad(const char* why) {
  return Error{ErrorCode::BadRequest, why};
}

/// The fields that say how to read the message and what becomes of the connection.
struct ControlFields {
  const Field* host = nullptr;
  const Field* content_length = nullptr;
  const Field* transfer_encoding = nullptr;
  const Field* expect = nullptr;
  const Field* upgrade = nullptr;
  bool several_upgrades = false;
  std::size_t connection_bytes = 0;
  bool connection_close = false;
  bool connection_keep_alive = false;
  bool connection_upgrade = false;
};

/// Reads the request line and leaves what follows it in `bytes`.
Result<void> parse_request_line(std::string_view& bytes, const HeadLimits& limits,
                                RequestHead& head) {
  const std::size_t eol = std::min(bytes.find("\r\n"), bytes.size());
  const std::string_view line = bytes.substr(0, eol);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last ||
      !grammar::is_token(line.substr(0, first))) {
    return bad("the request line is not a method, a target and a version with one space between");
  }
  head.method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (version.size() != 8 || version.substr(0, 5) != "HTTP/" || version[6] != '.' ||
      !grammar::is(version[5], grammar::Digit) || !grammar::is(version[7], grammar::Digit)) {
    return bad("the request line does not end with an HTTP version");
  }
  if (version[5] != '1') {
    return Error{ErrorCode::VersionNotSupported, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  }
  head.minor_version = version[7] == '0' ? 0 : 1;
  if (std::find(Methods.begin(), Methods.end(), head.method) == Methods.end()) {
    return Error{ErrorCode::NotImplemented, "the method is not supported"};
  }
  if (target.size() > limits.target) {
    return Error{ErrorCode::TargetTooLong, "the request target is over the size limit"};
  }
  const Result<RequestTarget> parsed = parse_request_target(head.method, target);
  if (!parsed) {
    return parsed.error();
  }
  head.target = parsed->target;
  head.path = parsed->path;
  head.query = parsed->query;
  head.host = parsed->authority;
  bytes.remove_prefix(std::min(eol + 2, bytes.size()));
  return {};
}

Result<void> take_connection(std::string_view value, ControlFields& found) {
  // Every field is looked up in this list later on: its length is a factor of that work.
  constexpr std::size_t LongestConnection = 1024;
  found.connection_bytes += value.size();
  if (found.connection_bytes > LongestConnection) {
    return Error{ErrorCode::HeadTooLarge, "the Connection fields are too long"};
  }
  for (const std::string_view name : {"Content-Length", "Transfer-Encoding", "Host"}) {
    if (list_contains(value, name)) {
      return bad("Connection names a field that frames or routes the request");
    }
  }
  found.connection_close |= list_contains(value, "close");
  found.connection_keep_alive |= list_contains(value, "keep-alive");
  found.connection_upgrade |= list_contains(value, "upgrade");
  return {};
}

/// Remembers a field that may come only once.
Result<void> take_once(const Field& field, const Field*& place, ErrorCode code, const char* why) {
  if (place != nullptr) {
    return Error{code, why};
  }
  place = &field;
  return {};
}

Result<void> take_field(const Field& field, RequestHead& head, ControlFields& found) {
  const std::string_view name = field.name;
  switch (name.size()) {
    case 2:
      if (same_name(name, "TE")) {
        head.accepts_trailers |= list_contains(field.value, "trailers");
      }
      break;
    case 4:
      if (same_name(name, "Host")) {
        return take_once(field, found.host, ErrorCode::BadRequest, "there is more than one Host");
      }
      break;
    case 6:
      if (same_name(name, "Expect")) {
        return take_once(field, found.expect, ErrorCode::ExpectationFailed,
                         "there is more than one Expect");
      }
      break;
    case 7:
      if (same_name(name, "Upgrade")) {
        found.several_upgrades = found.upgrade != nullptr;
        found.upgrade = &field;
      }
      break;
    case 10:
      return same_name(name, "Connection") ? take_connection(field.value, found) : Result<void>();
    case 14:
      if (same_name(name, "Content-Length")) {
        return take_once(field, found.content_length, ErrorCode::BadRequest,
                         "there is more than one Content-Length");
      }
      break;
    case 17:
      if (same_name(name, "Transfer-Encoding")) {
        return take_once(field, found.transfer_encoding, ErrorCode::BadRequest,
                         "there is more than one Transfer-Encoding");
      }
      break;
    default:
      break;
  }
  return {};
}

Result<void> set_host(const ControlFields& found, RequestHead& head) {
  const std::string_view authority = head.host;  // of an absolute form
  if (found.host == nullptr) {
    return head.minor_version == 0 ? Result<void>() : bad("there is no Host");
  }
  const std::string_view host = found.host->value;
  if (host.empty() && head.minor_version == 0) {
    return {};
  }
  if (!valid_authority(host)) {
    return bad("Host is not a host name with an optional port");
  }
  if (!authority.empty() && !same_name(authority, host)) {
    return bad("Host differs from the host of the request target");
  }
  head.host = host;
  return {};
}

Result<void> set_framing(const ControlFields& found, RequestHead& head) {
  if (found.transfer_encoding != nullptr) {
    if (head.minor_version == 0) {
      return bad("HTTP/1.0 has no Transfer-Encoding");
    }
    if (found.content_length != nullptr) {
      return bad("there is both a Content-Length and a Transfer-Encoding");
    }
    const std::string_view coding = found.transfer_encoding->value;
    if (!same_name(coding, "chunked")) {
      return grammar::is_token(coding)
                 ? Error{ErrorCode::NotImplemented, "the only transfer coding supported is chunked"}
                 : bad("Transfer-Encoding is not the single token chunked");
    }
    head.framing = Framing::Chunked;
    return {};
  }
  if (found.content_length != nullptr) {
    const std::optional<std::uint64_t> length = parse_length(found.content_length->value);
    if (!length) {
      return bad("Content-Length is not a decimal number in range");
    }
    head.framing = Framing::Length;
    head.content_length = *length;
  }
  return {};
}

Result<void> set_persistence(const ControlFields& found, RequestHead& head) {
  if (head.minor_version == 0) {
    head.keep_alive = found.connection_keep_alive && !found.connection_close;
    return {};
  }
  head.keep_alive = !found.connection_close;
  if (found.connection_upgrade && found.upgrade != nullptr && !found.several_upgrades) {
    head.upgrade = found.upgrade->value;
  }
  if (found.expect != nullptr) {
    if (!same_name(found.expect->value, "100-continue")) {
      return Error{ErrorCode::ExpectationFailed, "the only expectation supported is 100-continue"};
    }
    head.expect_continue = head.framing == Framing::Chunked || head.content_length > 0;
  }
  return {};
}

}  // namespace

Result<void> parse_request_head(std::string_view bytes, const HeadLimits& limits,
                                RequestHead& head) {
  Fields fields = std::move(head.fields);
  fields.clear();
  head = RequestHead();
  head.fields = std::move(fields);
  if (bytes.size() > limits.head) {
    return Error{ErrorCode::HeadTooLarge, "the request head is over the size limit"};
  }
  if (Result<void> line = parse_request_line(bytes, limits, head); !line) {
    return line;
  }
  if (const auto fault = parse_field_lines(bytes, limits.fields, head.fields)) {
    return Error{fault->too_large ? ErrorCode::HeadTooLarge : ErrorCode::BadRequest, fault->text};
  }
  ControlFields found;
  for (const Field& field : head.fields) {
    if (Result<void> taken = take_field(field, head, found); !taken) {
      return taken;
    }
  }
  if (Result<void> host = set_host(found, head); !host) {
    return host;
  }
  if (Result<void> framing = set_framing(found, head); !framing) {
    return framing;
  }
  return set_persistence(found, head);
}

}  // namespace llmsnap::wire
