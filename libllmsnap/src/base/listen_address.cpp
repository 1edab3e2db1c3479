#include "base/listen_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/escape.h"
#include "base/host_name.h"
#include "base/whole_number.h"

namespace llmsnap {
namespace {

Error invalid(std::string_view text, std::string_view why) {
  return {ErrorCode::InvalidConfig,
          fmt::format("invalid listen address \"{}\": {}", escaped(text), why)};
}

Result<ListenAddress> unix_address(std::string_view text, std::string_view path) {
  if (path.empty()) {
    return invalid(text, "the path of the socket is missing");
  }
  if (path.size() > MaxUnixPath) {
    return invalid(text, fmt::format("a socket path has at most {} bytes", MaxUnixPath));
  }
  if (path.find('\0') != std::string_view::npos) {
    return invalid(text, "the path has a zero byte");
  }
  ListenAddress address;
  address.kind = ListenAddress::Kind::Unix;
  address.path = path;
  return address;
}

Result<std::string> host_of(std::string_view text, std::string_view host) {
  if (host.starts_with('[')) {
    const std::string_view inner = host.substr(1, host.size() - 2);
    if (!host.ends_with(']') || inner.find(':') == std::string_view::npos ||
        !std::all_of(inner.begin(), inner.end(), is_ipv6_character)) {
      return invalid(text, "brackets hold an IPv6 address");
    }
    return std::string(inner);
  }
  if (host.find(':') != std::string_view::npos) {
    return invalid(text, "an IPv6 address needs brackets, as in [::1]:8080");
  }
  if (!std::all_of(host.begin(), host.end(), is_host_name_character)) {
    return invalid(text, "expected host:port, :port or unix:/path");
  }
  return std::string(host);
}

}  // namespace

bool ListenAddress::is_loopback() const {
  return kind == Kind::Unix || host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string ListenAddress::text() const {
  if (kind == Kind::Unix) {
    return "unix:" + path;
  }
  const bool ipv6 = host.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<ListenAddress> parse_listen(std::string_view text) {
  if (text.starts_with("unix:")) {
    return unix_address(text, text.substr(5));
  }
  const std::size_t colon = text.rfind(':');
  const bool bare_port = colon == std::string_view::npos;
  const std::string_view port_text = bare_port ? text : text.substr(colon + 1);
  const auto port = whole_number<std::uint16_t>(port_text);
  if (!port) {
    return invalid(text, "expected a port from 0 to 65535 after the last colon");
  }
  auto host = host_of(text, bare_port ? std::string_view() : text.substr(0, colon));
  if (!host) {
    return host.error();
  }
  ListenAddress address;
  address.host = std::move(*host);
  address.port = *port;
  return address;
}

}  // namespace llmsnap
