#include "api/api_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "base/hex.h"

namespace llmsnap::api {
namespace {

constexpr std::uint8_t NotBase64 = 0xff;

/// Nobody makes us hash more.
constexpr std::size_t MostKeyBytes = 4096;

constexpr std::array<std::uint8_t, 256> base64_values() {
  constexpr std::string_view Alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint8_t, 256> values{};
  values.fill(NotBase64);
  for (std::size_t i = 0; i < Alphabet.size(); ++i) {
    values[static_cast<unsigned char>(Alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

// Strict: whole groups of four, padding only at the end.
std::optional<std::string> base64_decoded(std::string_view text) {
  static constexpr auto Values = base64_values();
  if (text.empty() || text.size() % 4 != 0) {
    return std::nullopt;
  }
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text) {
    const auto value = Values[static_cast<unsigned char>(c)];
    if (value == NotBase64) {
      return std::nullopt;
    }
    bits = (bits << 6 | value) & 0xffffff;
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes.push_back(static_cast<char>(bits >> bit_count & 0xff));
    }
  }
  return bytes;
}

// What follows the scheme, or null where the value has another scheme.
std::optional<std::string_view> after_scheme(std::string_view value, std::string_view scheme) {
  if (value.size() <= scheme.size() || value[scheme.size()] != ' ' ||
      !wire::same_name(value.substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  value.remove_prefix(scheme.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

std::optional<PresentedKey> authorization_key(std::string_view value) {
  if (const auto encoded = after_scheme(value, "Basic")) {
    const auto user_and_password = base64_decoded(*encoded);
    const auto colon = user_and_password ? user_and_password->find(':') : std::string::npos;
    if (colon == std::string::npos) {
      return std::nullopt;
    }
    return PresentedKey{user_and_password->substr(colon + 1), true};
  }
  if (const auto token = after_scheme(value, "Bearer"); token && !token->empty()) {
    return PresentedKey{std::string(*token)};
  }
  return std::nullopt;
}

// The one field of that name; null for none, an error for two.
Result<const wire::Field*> single_field(std::span<const wire::Field> fields,
                                        std::string_view name) {
  const wire::Field* found = nullptr;
  for (const auto& field : fields) {
    if (!wire::same_name(field.name, name)) {
      continue;
    }
    if (found != nullptr) {
      return Error{ErrorCode::BadRequest, "more than one " + std::string(name) + " header"};
    }
    found = &field;
  }
  return found;
}

struct FreeDigest {
  void operator()(EVP_MD* method) const { EVP_MD_free(method); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// What OpenSSL needs to hash: to look it up and to set it up costs more than to hash a key.
struct Sha256 {
  std::unique_ptr<EVP_MD, FreeDigest> method{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  std::unique_ptr<EVP_MD_CTX, FreeDigest> context{EVP_MD_CTX_new()};
};

/// Nothing where the text is not as many bytes.
template <typename Bytes>
std::optional<Bytes> bytes_of_hex(std::string_view text) {
  Bytes bytes{};
  if (text.size() != bytes.size() * 2 || !std::all_of(text.begin(), text.end(), is_hex_digit)) {
    return std::nullopt;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bytes[at] =
        static_cast<unsigned char>(hex_value(text[2 * at]) * 16 + hex_value(text[2 * at + 1]));
  }
  return bytes;
}

}  // namespace

Result<std::optional<PresentedKey>> presented_key(std::span<const wire::Field> fields) {
  const auto authorization = single_field(fields, "Authorization");
  if (!authorization) {
    return authorization.error();
  }
  const auto x_api_key = single_field(fields, "x-api-key");
  if (!x_api_key) {
    return x_api_key.error();
  }
  std::optional<PresentedKey> key;
  if (*authorization != nullptr) {
    key = authorization_key((*authorization)->value);
  }
  if (!key && *x_api_key != nullptr) {
    key = PresentedKey{std::string((*x_api_key)->value)};
  }
  return key;
}

ApiKeys::ApiKeys(const std::vector<ApiKey>& keys) : everybody_(keys.empty()) {
  for (const ApiKey& key : keys) {
    // What is no key never opens anything, whatever the config said.
    const std::optional<Digest> digest =
        key.key.empty() ? bytes_of_hex<Digest>(key.sha256) : digest_of(key.key);
    if (digest) {
      entries_.push_back({key.name, key.roles, *digest});
    }
  }
}

Result<Caller> ApiKeys::check(std::span<const wire::Field> fields) const {
  const auto presented = presented_key(fields);
  if (!presented) {
    return presented.error();
  }
  if (everybody_) {
    return Caller{};
  }
  const Entry* const entry = *presented ? entry_of((*presented)->key) : nullptr;
  if (entry == nullptr) {
    return Error{ErrorCode::Unauthorized, "unauthorized: invalid or missing API key"};
  }
  return Caller{entry->name, entry->roles, (*presented)->by_basic};
}

std::optional<ApiKeys::Digest> ApiKeys::digest_of(std::string_view key) {
  Digest digest;
  thread_local const Sha256 sha256;
  EVP_MD_CTX* const context = sha256.context.get();
  const bool made = context != nullptr && sha256.method != nullptr &&
                    EVP_DigestInit_ex(context, sha256.method.get(), nullptr) == 1 &&
                    EVP_DigestUpdate(context, key.data(), key.size()) == 1 &&
                    EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1;
  return made ? std::optional(digest) : std::nullopt;
}

// Every byte of every digest is looked at, right or wrong: only the number of the keys shows, and
// the length of what was presented.
const ApiKeys::Entry* ApiKeys::entry_of(std::string_view presented) const {
  if (presented.empty() || presented.size() > MostKeyBytes) {
    return nullptr;
  }
  const std::optional<Digest> digest = digest_of(presented);
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    const bool same =
        digest && CRYPTO_memcmp(entry.digest.data(), digest->data(), digest->size()) == 0;
    found = same && found == nullptr ? &entry : found;
  }
  return found;
}

}  // namespace llmsnap::api
