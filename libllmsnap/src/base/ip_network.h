// IpNetwork: an address or a CIDR block, as `trustedProxies` lists them; says whether an address is
// inside. Thread rule: a plain value.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "llmsnap/result.h"

namespace llmsnap {

/// 16 bytes; IPv4 in its mapped form (::ffff:a.b.c.d), so that both spellings of one address are
/// equal.
using IpAddress = std::array<std::uint8_t, 16>;

/// Reads `192.0.2.1` or `2001:db8::1` (no brackets, no zone, no port); absence = it is neither.
std::optional<IpAddress> parse_ip(std::string_view text);

struct IpNetwork {
  IpAddress address{};
  int prefix = 128;  ///< bits that count, of 128

  bool contains(const IpAddress& other) const;

  friend bool operator==(const IpNetwork&, const IpNetwork&) = default;
};

/// Accepts `10.0.0.0/8`, `fd00::/8` and single addresses; bits after the prefix are ignored.
Result<IpNetwork> parse_ip_network(std::string_view text);

}  // namespace llmsnap
