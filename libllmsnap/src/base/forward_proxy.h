// ForwardProxy: the HTTP proxy that a request to another machine goes through, and which one it is.
// Thread rule: plain values and pure functions.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/url.h"
#include "llmsnap/proxy_environment.h"

namespace llmsnap {

struct ForwardProxy {
  Url url;                    ///< scheme, host and port count
  std::string authorization;  ///< value of Proxy-Authorization, or empty; a secret
  /// Why nothing can be sent through it, or empty. It stands for a proxy all the same: who wants
  /// one does not want to be connected without it.
  std::string fault;

  friend bool operator==(const ForwardProxy&, const ForwardProxy&) = default;
};

/// HTTP_PROXY, HTTPS_PROXY and NO_PROXY; the same in lower case where one of them is unset or
/// empty.
ProxyEnvironment proxy_environment(
    const std::function<std::optional<std::string>(const std::string& name)>& lookup);

/// Nothing where the server is asked directly. As Go's net/http decides, except that it ignores
/// what is no URL of a proxy, which is a fault here, as is every proxy but an http:// one.
std::optional<ForwardProxy> proxy_for(const Url& url, const ProxyEnvironment& environment);

}  // namespace llmsnap
