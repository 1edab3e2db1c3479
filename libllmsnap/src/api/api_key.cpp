#include "api/api_key.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace llmsnap::api {
namespace {

constexpr std::uint8_t NotBase64 = 0xff;

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

std::optional<std::string> authorization_key(std::string_view value) {
  if (const auto encoded = after_scheme(value, "Basic")) {
    const auto user_and_password = base64_decoded(*encoded);
    const auto colon = user_and_password ? user_and_password->find(':') : std::string::npos;
    if (colon == std::string::npos) {
      return std::nullopt;
    }
    return user_and_password->substr(colon + 1);
  }
  if (const auto token = after_scheme(value, "Bearer"); token && !token->empty()) {
    return std::string(*token);
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

}  // namespace

Result<std::optional<std::string>> presented_key(std::span<const wire::Field> fields) {
  const auto authorization = single_field(fields, "Authorization");
  if (!authorization) {
    return authorization.error();
  }
  const auto x_api_key = single_field(fields, "x-api-key");
  if (!x_api_key) {
    return x_api_key.error();
  }
  std::optional<std::string> key;
  if (*authorization != nullptr) {
    key = authorization_key((*authorization)->value);
  }
  if (!key && *x_api_key != nullptr) {
    key = std::string((*x_api_key)->value);
  }
  return key;
}

ApiKeys::ApiKeys(const std::vector<ApiKey>& keys) {
  for (const auto& key : keys) {
    width_ = std::max(width_, key.key.size());
  }
  for (const auto& key : keys) {
    names_.push_back(key.name);
    sizes_.push_back(key.key.size());
    rows_.append(key.key).append(width_ - key.key.size(), '\0');
  }
}

Result<std::string_view> ApiKeys::check(std::span<const wire::Field> fields) const {
  const auto presented = presented_key(fields);
  if (!presented) {
    return presented.error();
  }
  if (names_.empty()) {
    return std::string_view();
  }
  const auto name = name_of(presented->value_or(""));
  if (!name) {
    return Error{ErrorCode::Unauthorized, "unauthorized: invalid or missing API key"};
  }
  return *name;
}

// Every byte of every key is looked at, right or wrong; only the number and width of the keys
// shows.
std::optional<std::string_view> ApiKeys::name_of(std::string_view presented) const {
  std::string padded(presented.substr(0, width_));
  padded.resize(width_, '\0');
  std::optional<std::string_view> name;
  for (std::size_t key = 0; key < names_.size(); ++key) {
    std::size_t difference = presented.size() ^ sizes_[key];
    for (std::size_t i = 0; i < width_; ++i) {
      difference |= static_cast<unsigned char>(padded[i] ^ rows_[key * width_ + i]);
    }
    // An empty key never opens anything, whatever the config said.
    if (difference == 0 && sizes_[key] != 0) {
      name = names_[key];
    }
  }
  return name;
}

}  // namespace llmsnap::api
