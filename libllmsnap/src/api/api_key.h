// ApiKeys: who may call: the configured keys, checked from a request's head alone.
// Thread rule: immutable after construction; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/config.h"
#include "llmsnap/result.h"
#include "wire/fields.h"

namespace llmsnap::api {

/// The credential a request shows: the password of Basic, else Bearer, else x-api-key; absent where
/// there is none. Two Authorization or two x-api-key lines are BadRequest: nobody can say which one
/// counts.
Result<std::optional<std::string>> presented_key(std::span<const wire::Field> fields);

class ApiKeys {
 public:
  explicit ApiKeys(const std::vector<ApiKey>& keys);

  /// The name of the key that the request shows, empty where no keys are configured, or
  /// Unauthorized. The result lives as long as this. Takes the same time whichever key is (nearly)
  /// right.
  Result<std::string_view> check(std::span<const wire::Field> fields) const;

 private:
  std::optional<std::string_view> name_of(std::string_view presented) const;

  std::vector<std::string> names_;
  std::vector<std::size_t> sizes_;
  std::string rows_;       // the keys, each filled up with zeros to width_
  std::size_t width_ = 0;  // of the longest key
};

}  // namespace llmsnap::api
