// What the tests of the config sections share: loading a text, and its error.
// Thread rule: used by tests, one thread.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "catch.h"
#include "config_schema.h"
#include "llmsnap/config.h"

namespace llmsnap {

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What loads must fit the schema too, unless a key is unknown.
inline Config config_of(std::string_view text) {
  auto config = parse_config(text, "c.yaml");
  INFO(text);
  INFO((config ? std::string() : config.error().message));
  REQUIRE(config);
  const auto& warnings = config->warnings;
  if (std::none_of(warnings.begin(), warnings.end(),
                   [](const std::string& warning) { return contains(warning, "unknown key"); })) {
    CHECK(schema_complaint(text) == "");
  }
  return std::move(*config);
}

/// The message of the error that the text must give.
inline std::string error_of(std::string_view text, Warnings on_warning = Warnings::Told) {
  const auto config = parse_config(text, "c.yaml", on_warning);
  INFO(text);
  REQUIRE_FALSE(config);
  CHECK(config.error().code == ErrorCode::InvalidConfig);
  return config.error().message;
}

}  // namespace llmsnap
