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

constexpr std::array<std::string_view, 4> CredentialWords = {"authorization", "api-key", "apikey",
                                                             "token"};

/// Anywhere in the name. Asked of each field of each request that is captured.
bool holds_credential_word(std::string_view name) {
  for (; !name.empty(); name.remove_prefix(1)) {
    const bool may_begin =
        ascii::same_letter(name.front(), 'a') || ascii::same_letter(name.front(), 't');
    if (may_begin && std::any_of(CredentialWords.begin(), CredentialWords.end(), [name](auto word) {
          return ascii::starts_with_ignoring_case(name, word);
        })) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_secret_field(std::string_view name) {
  const bool is_cookie = std::any_of(Cookies.begin(), Cookies.end(), [name](auto cookie) {
    return ascii::equal_ignoring_case(cookie, name);
  });
  return is_cookie || holds_credential_word(name) ||
         // Browsers, which can set no other field for a socket, put keys there.
         ascii::equal_ignoring_case(name, "sec-websocket-protocol") || names_secret(name);
}

std::string shown_value(std::string_view name, std::string_view value) {
  return is_secret_field(name) ? std::string(Redacted) : masked_text(value);
}

}  // namespace llmsnap::record
