// TrustedProxies: the addresses whose X-Forwarded-* fields are believed (`trustedProxies` of the
// config). Thread rule: immutable after construction; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ip_network.h"

namespace llmsnap::api {

class TrustedProxies {
 public:
  /// Entries that are no address and no network are left out: the config's loader refuses them.
  explicit TrustedProxies(const std::vector<std::string>& networks);

  bool contains(std::string_view client_address) const;

 private:
  std::vector<IpNetwork> networks_;
};

}  // namespace llmsnap::api
