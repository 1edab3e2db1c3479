#include "api/host_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/escape.h"
#include "wire/fields.h"

namespace llmsnap::api {
namespace {

// `[::1]:8080`, `::1`, `name:8080` and `name` without what is not the name.
std::string_view bare_name(std::string_view host) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    return end == std::string_view::npos ? host : host.substr(1, end - 1);
  }
  const auto colon = host.find(':');
  const bool has_port = colon != std::string_view::npos && host.rfind(':') == colon;
  return has_port ? host.substr(0, colon) : host;
}

bool is_own_name(std::string_view name) {
  constexpr std::array<std::string_view, 3> Own = {"localhost", "127.0.0.1", "::1"};
  return std::any_of(Own.begin(), Own.end(),
                     [name](std::string_view own) { return wire::same_name(own, name); });
}

// A browser takes a page on 0.0.0.0 to this machine, so an address that means "all" is nobody's
// name.
bool is_wildcard(std::string_view name) {
  return name.empty() || name == "0.0.0.0" || name == "::";
}

}  // namespace

HostRule::HostRule(const Config& config) : off_(!config.api_keys.empty()) {
  for (const auto& host : config.allowed_hosts) {
    if (host == "*") {
      off_ = true;
    }
    allowed_.emplace_back(bare_name(host));
  }
}

Result<void> HostRule::check(std::string_view host, std::string_view listen_name,
                             bool to_loopback) const {
  // Without a Host (HTTP/1.0) there is no browser, and so no page that could have been rebound.
  if (off_ || !to_loopback || host.empty()) {
    return {};
  }
  const auto name = bare_name(host);
  const auto own_listen_name = bare_name(listen_name);
  const bool is_listen_name =
      !is_wildcard(own_listen_name) && wire::same_name(own_listen_name, name);
  const bool is_allowed =
      std::any_of(allowed_.begin(), allowed_.end(),
                  [name](const std::string& allowed) { return wire::same_name(allowed, name); });
  if (is_own_name(name) || is_listen_name || is_allowed) {
    return {};
  }
  return Error{
      ErrorCode::MisdirectedRequest,
      fmt::format("host '{}' is not served here; to allow it add it to allowedHosts in the "
                  "config, or configure apiKeys",
                  escaped(host.substr(0, 255)))};
}

}  // namespace llmsnap::api
