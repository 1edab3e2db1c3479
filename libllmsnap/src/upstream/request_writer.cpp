#include "upstream/request_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace llmsnap::upstream {
namespace {

constexpr std::string_view Version = " HTTP/1.1\r\n";
constexpr std::string_view LineEnd = "\r\n";
/// Room for framing, Connection and the empty line.
constexpr std::size_t OwnFields = 96;

bool is_ours(std::string_view name) {
  // The length tells nearly all others apart without a comparison.
  switch (name.size()) {
    case 7:
      return wire::same_name(name, "Upgrade");
    case 10:
      return wire::same_name(name, "Connection");
    case 14:
      return wire::same_name(name, "Content-Length");
    case 17:
      return wire::same_name(name, "Transfer-Encoding");
    default:
      return false;
  }
}

bool fits_request_line(std::string_view part) {
  return std::none_of(part.begin(), part.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) == 0x7f;
  });
}

/// One pass over the whole head finds any line end that came in with a part.
bool has_lines(std::string_view head, std::ptrdiff_t lines) {
  return std::count(head.begin(), head.end(), '\n') == lines &&
         std::count(head.begin(), head.end(), '\r') == lines &&
         std::find(head.begin(), head.end(), '\0') == head.end();
}

std::size_t reserve_for(const OutgoingRequest& request) {
  std::size_t size = request.method.size() + request.url.base_path.size() + request.target.size() +
                     Version.size() + request.upgrade.size() + OwnFields;
  if (is_in_absolute_form(request)) {
    size += request.url.host.size() + request.proxy->authorization.size() + OwnFields;
  }
  for (const wire::Field& field : request.fields) {
    size += field.name.size() + field.value.size() + 4;
  }
  return size;
}

void append_target(std::string& head, const OutgoingRequest& request) {
  const bool is_absolute = is_in_absolute_form(request);
  if (is_absolute) {
    head.append("http://").append(request.url.authority());
  }
  if (request.target == "*") {
    head.append(is_absolute ? "" : "*");  // RFC 9112, 3.2.4: without a path it means the same
    return;
  }
  head.append(request.url.base_path);
  if (request.target.empty() || request.target.front() != '/') {
    head.append("/");
  }
  head.append(request.target);
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append(LineEnd);
}

std::ptrdiff_t append_own_fields(std::string& head, const RequestFraming& framing,
                                 std::string_view upgrade) {
  std::ptrdiff_t lines = 0;
  if (framing.kind == wire::Framing::Length) {
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", framing.length);
    ++lines;
  } else if (framing.kind == wire::Framing::Chunked) {
    append_field(head, "Transfer-Encoding", "chunked");
    ++lines;
  }
  if (!upgrade.empty()) {
    append_field(head, "Connection", "Upgrade");
    append_field(head, "Upgrade", upgrade);
    lines += 2;
  }
  return lines;
}

}  // namespace

bool is_in_absolute_form(const OutgoingRequest& request) {
  return request.proxy != nullptr && request.url.scheme == Url::Scheme::Http;
}

RequestFraming choose_framing(std::string_view method, const BodySource* body) {
  if (body == nullptr) {
    const bool usually_has_one = method == "POST" || method == "PUT" || method == "PATCH";
    return {usually_has_one ? wire::Framing::Length : wire::Framing::None, 0};
  }
  if (const std::optional<std::uint64_t> length = body->length()) {
    return {wire::Framing::Length, *length};
  }
  return {wire::Framing::Chunked, 0};
}

Result<std::string> write_request_head(const OutgoingRequest& request,
                                       const RequestFraming& framing) {
  if (!fits_request_line(request.method) || !fits_request_line(request.target)) {
    return Error{ErrorCode::BadRequest,
                 "write a request line: method or target holds a space or control character"};
  }
  std::string head;
  head.reserve(reserve_for(request));
  head.append(request.method).append(" ");
  append_target(head, request);
  head.append(Version);
  std::ptrdiff_t lines = 2;  // the request line and the empty one
  if (is_in_absolute_form(request) && !request.proxy->authorization.empty()) {
    append_field(head, "Proxy-Authorization", request.proxy->authorization);
    ++lines;
  }
  for (const wire::Field& field : request.fields) {
    if (!is_ours(field.name)) {
      append_field(head, field.name, field.value);
      ++lines;
    }
  }
  lines += append_own_fields(head, framing, request.upgrade);
  head.append(LineEnd);
  if (!has_lines(head, lines)) {
    return Error{ErrorCode::BadRequest,
                 "write request fields: a name or value holds a line end or a zero byte"};
  }
  return head;
}

}  // namespace llmsnap::upstream
