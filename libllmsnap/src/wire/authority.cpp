#include "wire/authority.h"

#include <algorithm>
#include <cstddef>

#include "base/hex.h"
#include "wire/grammar.h"

namespace llmsnap::wire {
namespace {

bool valid_port(std::string_view text) {
  if (text.size() > 5 || !grammar::all(text, grammar::Digit)) {
    return false;
  }
  unsigned port = 0;
  for (const char c : text) {
    port = port * 10 + hex_value(c);
  }
  return port <= 65535;
}

bool valid_octet(std::string_view text) {
  if (text.empty() || text.size() > 3 || !grammar::all(text, grammar::Digit) ||
      (text.size() > 1 && text.front() == '0')) {
    return false;
  }
  unsigned octet = 0;
  for (const char c : text) {
    octet = octet * 10 + hex_value(c);
  }
  return octet <= 255;
}

bool valid_ipv4(std::string_view text) {
  for (int dots = 0; dots < 3; ++dots) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos || !valid_octet(text.substr(0, dot))) {
      return false;
    }
    text.remove_prefix(dot + 1);
  }
  return valid_octet(text);
}

/// How many 16-bit groups `text` spells, or -1. An IPv4 address may stand for the last two.
int count_groups(std::string_view text, bool ipv4_may_end_it) {
  int groups = 0;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && ipv4_may_end_it && valid_ipv4(group)) {
      return groups + 2;
    }
    if (group.empty() || group.size() > 4 || !grammar::all(group, grammar::Hex)) {
      return -1;
    }
    ++groups;
    text.remove_prefix(last ? group.size() : colon + 1);
    if (!last && text.empty()) {
      return -1;
    }
  }
  return groups;
}

}  // namespace

bool valid_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    return count_groups(text, true) == 8;
  }
  const int before = count_groups(text.substr(0, gap), false);
  const int after = count_groups(text.substr(gap + 2), true);
  return before >= 0 && after >= 0 && before + after <= 7;
}

bool valid_authority(std::string_view text) {
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !valid_ipv6(text.substr(1, close - 1))) {
      return false;
    }
    port = text.substr(close + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    if (colon == 0 || !grammar::all(text.substr(0, colon), grammar::Host)) {
      return false;
    }
    port = text.substr(colon);
  }
  return port.empty() || (port.front() == ':' && valid_port(port.substr(1)));
}

}  // namespace llmsnap::wire
