#include "gateway/handled_head.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace llmsnap {
namespace {

/// What belongs to the host's own connection, and Host, which is the host's to check.
constexpr std::array<std::string_view, 11> OfTheConnection{
    "connection",       "content-length",      "expect", "host",    "keep-alive",
    "proxy-connection", "proxy-authorization", "te",     "trailer", "transfer-encoding",
    "upgrade"};

bool is_dropped(std::string_view name) {
  return std::any_of(OfTheConnection.begin(), OfTheConnection.end(),
                     [name](std::string_view dropped) { return wire::same_name(name, dropped); });
}

bool breaks_lines(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

}  // namespace

Result<void> make_head(const GatewayRequest& request, const Limits& limits, std::string& bytes,
                       wire::RequestHead& head) {
  // Checked before they are joined: afterwards a line break in a value would be a field of its own.
  if (breaks_lines(request.method) || breaks_lines(request.target)) {
    return Error{ErrorCode::BadRequest, "the request line contains a line break or NUL"};
  }
  bytes = request.method + " " + request.target + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : request.headers) {
    if (breaks_lines(name) || breaks_lines(value)) {
      return Error{ErrorCode::BadRequest, "a header field contains a line break or NUL"};
    }
    if (!is_dropped(name)) {
      bytes.append(name).append(": ").append(value).append("\r\n");
    }
  }
  if (!request.body.empty()) {
    bytes.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  bytes.append("\r\n");
  const wire::HeadLimits head_limits{limits.head, limits.target, limits.fields};
  // Both, as for a head from a connection: the scanner judges lines, the parser what they say.
  wire::HeadScanner scanner(head_limits);
  const Result<wire::HeadScanner::Progress> scanned = scanner.scan(bytes);
  if (!scanned) {
    return scanned.error();
  }
  if (scanned->skipped != 0 || scanned->size != bytes.size()) {
    return Error{ErrorCode::BadRequest, "the request line is empty"};
  }
  return wire::parse_request_head(bytes, head_limits, head);
}

}  // namespace llmsnap
