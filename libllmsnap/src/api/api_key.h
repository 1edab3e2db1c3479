// ApiKeys: who may call: the configured keys, checked from a request's head alone.
// Thread rule: immutable after construction; any thread.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/config.h"
#include "llmsnap/result.h"
#include "wire/fields.h"

namespace llmsnap::api {

struct PresentedKey {
  std::string key;
  bool by_basic = false;  ///< what a browser sends by itself, whoever made the page that asks

  friend bool operator==(const PresentedKey&, const PresentedKey&) = default;
};

/// The credential a request shows: the password of Basic, else Bearer, else x-api-key; absent where
/// there is none. Two Authorization or two x-api-key lines are BadRequest: nobody can say which one
/// counts.
Result<std::optional<PresentedKey>> presented_key(std::span<const wire::Field> fields);

/// Who asks, as far as keys tell.
struct Caller {
  std::string_view key_name;  ///< empty where no keys are configured
  KeyRoles roles;
  bool by_basic = false;
};

class ApiKeys {
 public:
  explicit ApiKeys(const std::vector<ApiKey>& keys);

  /// Who shows a configured key, everybody where none are configured, or Unauthorized. The result
  /// lives as long as this. Takes the same time whichever key is (nearly) right.
  Result<Caller> check(std::span<const wire::Field> fields) const;

 private:
  using Digest = std::array<unsigned char, 32>;  // SHA-256
  struct Entry {
    std::string name;
    KeyRoles roles;
    Digest digest;
  };
  static std::optional<Digest> digest_of(std::string_view key);
  const Entry* entry_of(std::string_view presented) const;

  std::vector<Entry> entries_;
  bool everybody_ = false;
};

}  // namespace llmsnap::api
