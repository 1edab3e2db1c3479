#include "process/redirect.h"

#include <algorithm>

#include "wire/fields.h"

namespace llmsnap::process {
namespace {

std::string_view scheme_of(const Url& server) {
  return server.scheme == Url::Scheme::Https ? "https:" : "http:";
}

bool leads_to(const Url& server, std::string_view authority) {
  // A Unix socket has no name that a URL could hold.
  if (server.scheme == Url::Scheme::Unix) {
    return false;
  }
  const auto named = parse_url(std::string(scheme_of(server)).append("//").append(authority));
  return named && named->port == server.port && wire::same_name(named->host, server.host);
}

std::string_view without_query(std::string_view target) {
  return target.substr(0, target.find('?'));
}

std::string from_root(std::string_view rest) {
  return (rest.starts_with('/') ? "" : "/") + std::string(rest);
}

}  // namespace

std::optional<std::string> redirect_target(const Url& server, std::string_view target,
                                           std::string_view location) {
  location = location.substr(0, location.find('#'));
  const std::string_view scheme = scheme_of(server);
  const std::size_t colon = location.find(':');
  if (colon < location.find_first_of("/?")) {
    if (!wire::same_name(location.substr(0, colon + 1), scheme) ||
        !location.substr(colon + 1).starts_with("//")) {
      return std::nullopt;
    }
    location.remove_prefix(scheme.size());
  }
  if (location.starts_with("//")) {
    location.remove_prefix(2);
    const std::size_t end = std::min(location.find_first_of("/?"), location.size());
    if (!leads_to(server, location.substr(0, end))) {
      return std::nullopt;
    }
    return from_root(location.substr(end));
  }
  if (location.starts_with('/')) {
    return std::string(location);
  }
  if (location.empty()) {
    return std::nullopt;
  }
  const std::string_view path = without_query(target);
  if (location.starts_with('?')) {
    return std::string(path).append(location);
  }
  return std::string(path.substr(0, path.rfind('/') + 1)).append(location);
}

}  // namespace llmsnap::process
