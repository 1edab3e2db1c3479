#include "base/ip_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "base/escape.h"

namespace llmsnap {
namespace {

constexpr std::size_t MappedPrefixBytes = 12;  // of ::ffff:0:0/96

// Reads a whole number without sign; leading zeros are refused, some programs take them for octal.
std::optional<int> decimal(std::string_view text, int max) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (text.empty() || text.front() == '-' || leading_zero || error != std::errc() || stop != end ||
      value > max) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::array<std::uint8_t, 4>> parse_ipv4(std::string_view text) {
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    const bool last = index + 1 == bytes.size();
    const std::size_t stop = last ? text.size() : text.find('.');
    if (stop == std::string_view::npos) {
      return std::nullopt;
    }
    const auto byte = decimal(text.substr(0, stop), 255);
    if (!byte) {
      return std::nullopt;
    }
    bytes[index] = static_cast<std::uint8_t>(*byte);
    text.remove_prefix(last ? stop : stop + 1);
  }
  return bytes;
}

// Groups of one side of `::`; the last may be a dotted IPv4 address. Gives the bytes written.
std::optional<std::size_t> parse_groups(std::string_view text, IpAddress& out) {
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t stop = std::min(text.find(':'), text.size());
    const std::string_view group = text.substr(0, stop);
    if (group.find('.') != std::string_view::npos) {
      const auto ipv4 = parse_ipv4(group);
      if (!ipv4 || stop != text.size() || used + ipv4->size() > out.size()) {
        return std::nullopt;
      }
      std::copy(ipv4->begin(), ipv4->end(), out.begin() + static_cast<std::ptrdiff_t>(used));
      return used + ipv4->size();
    }
    unsigned value = 0;
    const char* end = group.data() + group.size();
    const auto [read, error] = std::from_chars(group.data(), end, value, 16);
    if (group.empty() || group.size() > 4 || error != std::errc() || read != end ||
        used + 2 > out.size()) {
      return std::nullopt;
    }
    out[used++] = static_cast<std::uint8_t>(value >> 8U);
    out[used++] = static_cast<std::uint8_t>(value & 0xFFU);
    text.remove_prefix(stop);
    if (!text.empty()) {
      text.remove_prefix(1);
      if (text.empty()) {
        return std::nullopt;  // a colon at the end
      }
    }
  }
  return used;
}

std::optional<IpAddress> parse_ipv6(std::string_view text) {
  IpAddress head{};
  const std::size_t gap = text.find("::");
  const std::string_view head_text = text.substr(0, gap);
  const auto head_bytes = parse_groups(head_text, head);
  if (!head_bytes) {
    return std::nullopt;
  }
  if (gap == std::string_view::npos) {
    return *head_bytes == head.size() ? std::optional(head) : std::nullopt;
  }
  if (head_text.find('.') != std::string_view::npos) {
    return std::nullopt;  // the dotted form only ends an address
  }
  IpAddress tail{};
  const auto tail_bytes = parse_groups(text.substr(gap + 2), tail);
  if (!tail_bytes || *head_bytes + *tail_bytes >= head.size()) {
    return std::nullopt;
  }
  std::copy_n(tail.begin(), *tail_bytes, head.end() - static_cast<std::ptrdiff_t>(*tail_bytes));
  return head;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (text.find(':') != std::string_view::npos) {
    return parse_ipv6(text);
  }
  const auto ipv4 = parse_ipv4(text);
  if (!ipv4) {
    return std::nullopt;
  }
  IpAddress address{};
  address[10] = 0xFF;
  address[11] = 0xFF;
  std::copy(ipv4->begin(), ipv4->end(),
            address.begin() + static_cast<std::ptrdiff_t>(MappedPrefixBytes));
  return address;
}

bool IpNetwork::contains(const IpAddress& other) const {
  const auto whole = static_cast<std::size_t>(prefix / 8);
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole),
                  other.begin())) {
    return false;
  }
  const int rest = prefix % 8;
  return rest == 0 || ((address[whole] ^ other[whole]) >> (8 - rest)) == 0;
}

Result<IpNetwork> parse_ip_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address_text = text.substr(0, slash);
  const auto address = parse_ip(address_text);
  const bool ipv6 = address_text.find(':') != std::string_view::npos;
  IpNetwork network;
  if (address && slash != std::string_view::npos) {
    const auto prefix = decimal(text.substr(slash + 1), ipv6 ? 128 : 32);
    network.prefix = !prefix ? -1 : *prefix + (ipv6 ? 0 : static_cast<int>(MappedPrefixBytes) * 8);
  }
  if (!address || network.prefix < 0) {
    return Error{ErrorCode::InvalidConfig,
                 fmt::format("invalid network \"{}\": expected an address or a block such as "
                             "10.0.0.0/8 or fd00::/8",
                             escaped(text))};
  }
  network.address = *address;
  return network;
}

}  // namespace llmsnap
