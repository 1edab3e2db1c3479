// The characters of host names and IPv6 literals, as addresses and URLs in the config have them.
// Thread rule: pure functions.
#pragma once

#include "base/ascii.h"
#include "base/hex.h"

namespace llmsnap {

/// The underscore is no DNS name's, but a container's.
constexpr bool is_host_name_character(char c) {
  return ascii::is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
}

/// Colons and hexadecimal digits; the dot for a mapped IPv4 address.
constexpr bool is_ipv6_character(char c) {
  return is_hex_digit(c) || c == ':' || c == '.';
}

}  // namespace llmsnap
