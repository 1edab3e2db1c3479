// Url: where a model's server listens, as `proxy:` in the config names it.
// Thread rule: a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "llmsnap/result.h"

namespace llmsnap {

struct Url {
  enum class Scheme { Http, Https, Unix };

  Scheme scheme = Scheme::Http;
  std::string host;         ///< name or address, an IPv6 literal without brackets; empty for Unix
  std::uint16_t port = 80;  ///< 80 or 443 where the text names none
  std::string socket_path;  ///< for Unix: file-system path
  std::string
      base_path;  ///< without a trailing slash: "" or "/x"; prefixed to every request target

  /// `host:port` as a Host field or a log line wants it; brackets around IPv6, no default port.
  std::string authority() const;
  /// The same with the port in any case, as CONNECT wants it.
  std::string host_and_port() const;

  friend bool operator==(const Url&, const Url&) = default;
};

/// Accepts http://, https:// and unix:/path (also http+unix://%2Fpath/base). A query or user name
/// is an error.
Result<Url> parse_url(std::string_view text);

}  // namespace llmsnap
