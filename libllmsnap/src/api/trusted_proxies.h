// TrustedProxies: the addresses whose X-Forwarded-* fields are believed (`trustedProxies` of the
// config). Thread rule: immutable after construction; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_network.h"
#include "wire/fields.h"

namespace llmsnap::api {

class TrustedProxies {
 public:
  /// Entries that are no address and no network are left out: the config's loader refuses them.
  explicit TrustedProxies(const std::vector<std::string>& networks);

  bool contains(std::string_view client_address) const;

  /// Who asks: the one that is connected or, where that is such a proxy, the last address in
  /// X-Forwarded-For that is none, else X-Real-IP. What is no address is not believed.
  std::string client_of(std::string_view connected, std::span<const wire::Field> fields) const;

 private:
  std::vector<IpNetwork> networks_;
};

}  // namespace llmsnap::api
