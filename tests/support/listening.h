// Listening sockets for tests that play server: on loopback ports that the kernel chooses, or on a
// path. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.h"

namespace llmsnap::test {

/// On 127.0.0.1 or, for `::1`, on IPv6; throws std::runtime_error where that cannot be had.
UniqueFd loopback_listener(const std::string& host = "127.0.0.1", std::uint16_t port = 0,
                           int backlog = 1024);
/// The path must be free.
UniqueFd unix_listener(const std::string& path);
/// 0 for a Unix socket.
std::uint16_t port_of(const UniqueFd& listener);

}  // namespace llmsnap::test
