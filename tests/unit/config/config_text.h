// What the tests of the config sections share: loading a text, and its error.
// Thread rule: used by tests, one thread.
#pragma once

#include <string>
#include <string_view>

#include "catch.h"
#include "llmsnap/config.h"

namespace llmsnap {

inline Config config_of(std::string_view text) {
  auto config = parse_config(text, "c.yaml");
  INFO(text);
  INFO((config ? std::string() : config.error().message));
  REQUIRE(config);
  return std::move(*config);
}

/// The message of the error that the text must give.
inline std::string error_of(std::string_view text, UnknownKeys unknown_keys = UnknownKeys::Warn) {
  const auto config = parse_config(text, "c.yaml", unknown_keys);
  INFO(text);
  REQUIRE_FALSE(config);
  CHECK(config.error().code == ErrorCode::InvalidConfig);
  return config.error().message;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace llmsnap
