#include "base/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/ascii.h"
#include "base/hex.h"
#include "base/host_name.h"
#include "base/listen_address.h"

namespace llmsnap {
namespace {

// The text may hold a password (user:pass@host), so messages name what is wrong and not the text.
Error invalid(std::string_view why) {
  return {ErrorCode::InvalidConfig, fmt::format("invalid URL: {}", why)};
}

bool is_path_character(char c) {
  return c > 0x20 && c < 0x7F;
}

Result<std::string> base_path_of(std::string_view path) {
  if (path.find_first_of("?#") != std::string_view::npos) {
    return invalid("a query or fragment has no meaning here");
  }
  if (!std::all_of(path.begin(), path.end(), is_path_character)) {
    return invalid("the path has a space, a control or a non-ASCII byte; percent-encode it");
  }
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  return std::string(path);
}

Result<Url> unix_url(std::string path, std::string_view base_path) {
  if (!path.starts_with('/') || path.starts_with("//")) {
    return invalid("the path of a Unix socket starts with one /");
  }
  if (path.size() > MaxUnixPath || path.find('\0') != std::string::npos) {
    return invalid(fmt::format("a socket path has at most {} bytes and no zero byte", MaxUnixPath));
  }
  auto base = base_path_of(base_path);
  if (!base) {
    return base.error();
  }
  Url url;
  url.scheme = Url::Scheme::Unix;
  url.socket_path = std::move(path);
  url.base_path = std::move(*base);
  return url;
}

Result<Url> encoded_unix_url(std::string_view rest) {
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  auto path = percent_decoded(rest.substr(0, slash));
  if (!path) {
    return invalid("a broken percent escape in the socket path");
  }
  return unix_url(std::move(*path), rest.substr(slash));
}

// Splits `host[:port]`; an IPv6 literal loses its brackets.
Result<void> read_authority(std::string_view authority, Url& url) {
  std::string_view port_text;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) {
      return invalid("a bracket is not closed");
    }
    url.host = authority.substr(1, close - 1);
    if (url.host.find(':') == std::string::npos ||
        !std::all_of(url.host.begin(), url.host.end(), is_ipv6_character)) {
      return invalid("brackets hold an IPv6 address");
    }
    port_text = authority.substr(close + 1);
    if (!port_text.empty() && port_text.front() != ':') {
      return invalid("expected a port after the bracket");
    }
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    port_text = authority.substr(colon);
    if (url.host.empty() ||
        !std::all_of(url.host.begin(), url.host.end(), is_host_name_character)) {
      return invalid("a host name or address is expected after the scheme");
    }
  }
  if (port_text.empty()) {
    return {};
  }
  port_text.remove_prefix(1);
  const char* end = port_text.data() + port_text.size();
  const auto [stop, error] = std::from_chars(port_text.data(), end, url.port);
  if (port_text.empty() || error != std::errc() || stop != end || url.port == 0) {
    return invalid("the port is not a number from 1 to 65535");
  }
  return {};
}

Result<Url> network_url(std::string_view rest, Url::Scheme scheme, std::uint16_t port) {
  const std::size_t stop = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, stop);
  if (authority.find('@') != std::string_view::npos) {
    return invalid("a user name or password does not belong in it");
  }
  auto base = base_path_of(rest.substr(stop));
  if (!base) {
    return base.error();
  }
  Url url;
  url.scheme = scheme;
  url.port = port;
  url.base_path = std::move(*base);
  if (auto read = read_authority(authority, url); !read) {
    return read.error();
  }
  return url;
}

std::string host_in_url(const std::string& host) {
  return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

bool take_scheme(std::string_view& text, std::string_view scheme) {
  if (!ascii::starts_with_ignoring_case(text, scheme)) {
    return false;
  }
  text.remove_prefix(scheme.size());
  return true;
}

}  // namespace

std::string Url::authority() const {
  if (scheme == Scheme::Unix) {
    return "localhost";
  }
  const std::uint16_t usual_port = scheme == Scheme::Https ? 443 : 80;
  return port == usual_port ? host_in_url(host) : host_and_port();
}

std::string Url::host_and_port() const {
  return fmt::format("{}:{}", host_in_url(host), port);
}

Result<Url> parse_url(std::string_view text) {
  if (take_scheme(text, "http://")) {
    return network_url(text, Url::Scheme::Http, 80);
  }
  if (take_scheme(text, "https://")) {
    return network_url(text, Url::Scheme::Https, 443);
  }
  if (take_scheme(text, "http+unix://")) {
    return encoded_unix_url(text);
  }
  if (take_scheme(text, "unix:")) {
    // unix:///path and unix:/path name the same socket.
    if (text.starts_with("///")) {
      text.remove_prefix(2);
    }
    return unix_url(std::string(text), {});
  }
  return invalid("expected http://host:port, https://host:port or unix:/path");
}

}  // namespace llmsnap
