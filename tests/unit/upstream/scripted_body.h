// ScriptedBody: a BodySource whose pieces, length, end and patience a test wrote down.
// Thread rule: a plain value of one fiber.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/body_source.h"

namespace llmsnap::upstream {

struct ScriptedBody final : BodySource {
  explicit ScriptedBody(std::vector<std::string> given) : pieces(std::move(given)) {
    announced = 0;
    for (const std::string& piece : pieces) {
      *announced += piece.size();
    }
  }

  Result<std::string_view> pull() override {
    ++pulls;
    if (at < pieces.size()) {
      return std::string_view(pieces[at++]);
    }
    if (error) {
      return *error;
    }
    return std::string_view();
  }
  std::optional<std::uint64_t> length() const override { return announced; }
  bool rewind() override {
    ++rewinds;
    at = rewindable ? 0 : at;
    return rewindable;
  }

  std::vector<std::string> pieces;
  std::optional<std::uint64_t> announced;
  std::optional<Error> error;  ///< in place of the end
  bool rewindable = true;
  std::size_t at = 0;
  int pulls = 0;
  int rewinds = 0;
};

}  // namespace llmsnap::upstream
