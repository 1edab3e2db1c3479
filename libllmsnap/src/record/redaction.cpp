#include "record/redaction.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "config/masked_text.h"
#include "config/secret_names.h"

namespace llmsnap::record {
namespace {

constexpr std::array<std::string_view, 4> Cookies = {"cookie", "cookie2", "set-cookie",
                                                     "set-cookie2"};

}  // namespace

bool is_secret_field(std::string_view name) {
  const bool is_cookie = std::any_of(Cookies.begin(), Cookies.end(), [name](auto cookie) {
    return ascii::equal_ignoring_case(cookie, name);
  });
  return is_cookie || ascii::contains_ignoring_case(name, "authorization") ||
         ascii::contains_ignoring_case(name, "api-key") ||
         ascii::contains_ignoring_case(name, "apikey") ||
         ascii::contains_ignoring_case(name, "token") ||
         // Browsers, which can set no other field for a socket, put keys there.
         ascii::equal_ignoring_case(name, "sec-websocket-protocol") || names_secret(name);
}

std::string shown_value(std::string_view name, std::string_view value) {
  return is_secret_field(name) ? std::string(Redacted) : masked_text(value);
}

}  // namespace llmsnap::record
