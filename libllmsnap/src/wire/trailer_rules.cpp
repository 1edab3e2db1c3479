#include "wire/trailer_rules.h"

#include <algorithm>
#include <array>

#include "wire/fields.h"

namespace llmsnap::wire {
namespace {

constexpr std::array<std::string_view, 32> Names = {"Transfer-Encoding",
                                                    "Host",
                                                    "Connection",
                                                    "Keep-Alive",
                                                    "TE",
                                                    "Trailer",
                                                    "Upgrade",
                                                    "Via",
                                                    "Forwarded",
                                                    "X-Real-IP",
                                                    "Max-Forwards",
                                                    "Expect",
                                                    "Range",
                                                    "Cache-Control",
                                                    "Pragma",
                                                    "Age",
                                                    "Date",
                                                    "Expires",
                                                    "Location",
                                                    "Retry-After",
                                                    "Vary",
                                                    "Warning",
                                                    "Authorization",
                                                    "WWW-Authenticate",
                                                    "Authentication-Info",
                                                    "Cookie",
                                                    "Set-Cookie",
                                                    "X-Api-Key",
                                                    "Origin",
                                                    "Accept",
                                                    "Strict-Transport-Security",
                                                    "Clear-Site-Data"};

constexpr std::array<std::string_view, 5> Prefixes = {"Content-", "Proxy-", "If-", "X-Forwarded-",
                                                      "Access-Control-"};

}  // namespace

bool forbidden_in_trailer(std::string_view name) {
  // The one field of that family that is made for trailers (RFC 9530).
  if (same_name(name, "Content-Digest")) {
    return false;
  }
  const auto is_name = [name](std::string_view other) { return same_name(name, other); };
  const auto begins_name = [name](std::string_view prefix) {
    return same_name(name.substr(0, prefix.size()), prefix);
  };
  return std::any_of(Names.begin(), Names.end(), is_name) ||
         std::any_of(Prefixes.begin(), Prefixes.end(), begins_name);
}

}  // namespace llmsnap::wire
