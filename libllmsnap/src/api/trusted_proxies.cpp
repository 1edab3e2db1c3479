#include "api/trusted_proxies.h"

#include <algorithm>

namespace llmsnap::api {

TrustedProxies::TrustedProxies(const std::vector<std::string>& networks) {
  for (const auto& text : networks) {
    if (const auto network = parse_ip_network(text)) {
      networks_.push_back(*network);
    }
  }
}

bool TrustedProxies::contains(std::string_view client_address) const {
  if (networks_.empty()) {
    return false;
  }
  const auto address = parse_ip(client_address);
  return address &&
         std::any_of(networks_.begin(), networks_.end(),
                     [&address](const IpNetwork& network) { return network.contains(*address); });
}

}  // namespace llmsnap::api
