// ProxyEnvironment: which HTTP proxies the environment names for requests to other machines.
// Thread rule: a plain value.
#pragma once

#include <string>

namespace llmsnap {

/// Each as its variable spells it; empty: there is none. Only requests to peers go by it, never
/// those to the models of the config.
struct ProxyEnvironment {
  /// HTTP_PROXY: for peers at http://, `[http://][user:password@]host[:port]`
  std::string http_proxy;
  /// HTTPS_PROXY: for peers at https://
  std::string https_proxy;
  /// NO_PROXY: who is asked directly, separated by commas: `*`, a domain (with all below it),
  /// `.domain` or `*.domain` (only those below it), an address, a block such as 10.0.0.0/8. All but
  /// `*` and blocks may end in `:port`. This machine (localhost, loopback) always is.
  std::string no_proxy;

  friend bool operator==(const ProxyEnvironment&, const ProxyEnvironment&) = default;
};

}  // namespace llmsnap
