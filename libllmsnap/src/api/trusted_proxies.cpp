#include "api/trusted_proxies.h"

#include <algorithm>

#include "base/ascii.h"

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

std::string TrustedProxies::client_of(std::string_view connected,
                                      std::span<const wire::Field> fields) const {
  if (!contains(connected)) {
    return std::string(connected);
  }
  std::string all;
  for (const wire::Field& field : fields) {
    if (wire::same_name(field.name, "X-Forwarded-For")) {
      all.append(all.empty() ? "" : ",").append(field.value);
    }
  }
  std::string_view nearest;  // of those that are ours
  // Each proxy adds who asked it: what stands before the first that we do not know, anybody may
  // have written.
  for (std::string_view list = all; !list.empty();) {
    const std::size_t comma = list.rfind(',');
    const std::string_view last = ascii::trimmed(
        list.substr(comma == std::string_view::npos ? 0 : comma + 1), ascii::is_space);
    if (!parse_ip(last)) {
      break;
    }
    if (!contains(last)) {
      return std::string(last);
    }
    nearest = last;
    list = list.substr(0, comma == std::string_view::npos ? 0 : comma);
  }
  if (!nearest.empty()) {
    return std::string(nearest);  // who asks is behind one of ours, or is one
  }
  const wire::Field* const real = wire::find_field(fields, "X-Real-IP");
  return std::string(real != nullptr && parse_ip(real->value) ? real->value : connected);
}

}  // namespace llmsnap::api
