// ListenAddress: where a server listens, as `--listen` and `listen:` spell it.
// Thread rule: a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "llmsnap/result.h"

namespace llmsnap {

/// What a sun_path holds beside its closing zero.
inline constexpr std::size_t MaxUnixPath = 107;

struct ListenAddress {
  enum class Kind { Tcp, Unix };

  Kind kind = Kind::Tcp;
  std::string host;  ///< an IPv6 literal without brackets; empty = every address of this machine
  std::uint16_t port = 0;
  std::string path;  ///< for Unix

  /// True where only programs on this machine can connect.
  bool is_loopback() const;
  /// As one writes it: `127.0.0.1:8080`, `[::1]:8080`, `:8080`, `unix:/path`.
  std::string text() const;

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// Accepts `host:port`, `:port`, `[::1]:port`, a bare port and `unix:/path`. Port 0 means: any free
/// one.
Result<ListenAddress> parse_listen(std::string_view text);

}  // namespace llmsnap
