#include "base/forward_proxy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/hex.h"
#include "base/ip_network.h"

namespace llmsnap {
namespace {

std::string_view without_spaces(std::string_view text) {
  return ascii::trimmed(text, ascii::is_space);
}

bool is_loopback(const IpAddress& address) {
  static const IpNetwork V4 = *parse_ip_network("127.0.0.0/8");
  static const IpNetwork V6 = *parse_ip_network("::1");
  return V4.contains(address) || V6.contains(address);
}

/// `host[:port]` of an entry; a bare IPv6 address is a host.
std::pair<std::string_view, std::string_view> split_port(std::string_view entry) {
  if (entry.starts_with('[')) {
    const std::size_t close = std::min(entry.find(']'), entry.size());
    const std::string_view rest = entry.substr(std::min(close + 1, entry.size()));
    return {entry.substr(1, close - 1), rest.starts_with(':') ? rest.substr(1) : rest};
  }
  const std::size_t colon = entry.find(':');
  if (colon == std::string_view::npos || entry.find(':', colon + 1) != std::string_view::npos) {
    return {entry, {}};
  }
  return {entry.substr(0, colon), entry.substr(colon + 1)};
}

bool is_port(std::string_view text, std::uint16_t port) {
  return text.empty() || text == std::to_string(port);
}

bool is_in_domain(std::string_view host, std::string_view domain) {
  if (domain.starts_with("*.")) {
    domain.remove_prefix(1);
  }
  if (domain.empty()) {
    return false;
  }
  if (ascii::equal_ignoring_case(host, domain)) {
    return true;
  }
  if (host.size() <= domain.size()) {
    return false;
  }
  const std::size_t start = host.size() - domain.size();
  return ascii::equal_ignoring_case(host.substr(start), domain) &&
         (domain.front() == '.' || host[start - 1] == '.');
}

/// `address`: the URL's host, where it is one.
bool names(std::string_view entry, const Url& url, const std::optional<IpAddress>& address) {
  if (entry == "*") {
    return true;
  }
  if (entry.find('/') != std::string_view::npos) {
    const auto block = parse_ip_network(entry);
    return block && address && block->contains(*address);
  }
  const auto [host, port] = split_port(entry);
  if (!is_port(port, url.port)) {
    return false;
  }
  if (const std::optional<IpAddress> excepted = parse_ip(host)) {
    return excepted == address;
  }
  return is_in_domain(url.host, host);
}

bool is_asked_directly(const Url& url, std::string_view no_proxy) {
  const std::optional<IpAddress> address = parse_ip(url.host);
  if (ascii::equal_ignoring_case(url.host, "localhost") || (address && is_loopback(*address))) {
    return true;
  }
  while (!no_proxy.empty()) {
    const std::size_t comma = std::min(no_proxy.find(','), no_proxy.size());
    if (names(without_spaces(no_proxy.substr(0, comma)), url, address)) {
      return true;
    }
    no_proxy.remove_prefix(std::min(comma + 1, no_proxy.size()));
  }
  return false;
}

/// The value of Proxy-Authorization; nothing where an escape is broken.
std::optional<std::string> basic_authorization(std::string_view user_and_password) {
  const std::size_t colon = std::min(user_and_password.find(':'), user_and_password.size());
  const auto user = percent_decoded(user_and_password.substr(0, colon));
  const auto password =
      percent_decoded(user_and_password.substr(std::min(colon + 1, user_and_password.size())));
  if (!user || !password) {
    return std::nullopt;
  }
  return "Basic " + base64_encoded(*user + ":" + *password);
}

// What is wrong is told without the text: it may hold a password.
ForwardProxy unusable(std::string fault) {
  return {{}, {}, std::move(fault)};
}

ForwardProxy read_proxy(std::string_view text, std::string_view variable) {
  constexpr std::string_view SchemeEnd = "://";
  if (const std::size_t scheme = text.find(SchemeEnd); scheme != std::string_view::npos) {
    if (!ascii::equal_ignoring_case(text.substr(0, scheme), "http")) {
      return unusable(
          fmt::format("{} names a proxy of another kind than http://, which is the "
                      "only one that is supported",
                      variable));
    }
    text.remove_prefix(scheme + SchemeEnd.size());
  }
  std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  // The end of the name of a user whose password has an unescaped slash would be taken for a host.
  if (text.find('@', authority.size()) != std::string_view::npos) {
    return unusable(fmt::format("{}: / ? and # in a password are written %2F, %3F, %23", variable));
  }
  ForwardProxy proxy;
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    auto authorization = basic_authorization(authority.substr(0, at));
    if (!authorization) {
      return unusable(fmt::format("{} has a broken percent escape", variable));
    }
    proxy.authorization = std::move(*authorization);
    authority.remove_prefix(at + 1);
  }
  Result<Url> url = parse_url(fmt::format("http://{}", authority));
  if (!url) {
    return unusable(fmt::format("{} is no URL of a proxy: {}", variable, url.error().message));
  }
  proxy.url = std::move(*url);
  return proxy;
}

}  // namespace

ProxyEnvironment proxy_environment(
    const std::function<std::optional<std::string>(const std::string& name)>& lookup) {
  const auto either = [&lookup](const std::string& name) {
    const std::string value = lookup(name).value_or("");
    return value.empty() ? lookup(ascii::lower_case(name)).value_or("") : value;
  };
  return {either("HTTP_PROXY"), either("HTTPS_PROXY"), either("NO_PROXY")};
}

std::optional<ForwardProxy> proxy_for(const Url& url, const ProxyEnvironment& environment) {
  if (url.scheme == Url::Scheme::Unix) {
    return std::nullopt;
  }
  const bool encrypted = url.scheme == Url::Scheme::Https;
  const std::string_view text =
      without_spaces(encrypted ? environment.https_proxy : environment.http_proxy);
  if (text.empty() || is_asked_directly(url, environment.no_proxy)) {
    return std::nullopt;
  }
  return read_proxy(text, encrypted ? "HTTPS_PROXY" : "HTTP_PROXY");
}

}  // namespace llmsnap
