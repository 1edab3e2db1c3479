// The grammar of Host and of the authority of an absolute request target.
// Thread rule: pure functions.
#pragma once

#include <string_view>

namespace llmsnap::wire {

/// True for `host` or `host:port`: a name of letters, digits and -._~, or an IP literal in
/// brackets; the port may be empty or 0 to 65535. No user name, no list, no escapes, no zone. Not
/// empty.
bool valid_authority(std::string_view text);

/// True for an IPv6 address without brackets and zone.
bool valid_ipv6(std::string_view text);

}  // namespace llmsnap::wire
