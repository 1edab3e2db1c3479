// StartedBody: a body whose first piece is at hand before a connection is taken for it: no server's
// patience runs while that piece comes from a slow disk. Thread rule: belongs to one exchange, used
// by its fiber.
#pragma once

#include <optional>
#include <string_view>

#include "base/body_source.h"

namespace llmsnap::upstream {

class StartedBody final : public BodySource {
 public:
  /// `source` must outlive this; null: there is no body, and only start may be called.
  explicit StartedBody(BodySource* source) : source_(source) {}

  /// Pulls the first piece, which the next pull gives, unless it is at hand. Call it before the
  /// first pull, and again after rewind. An error is the source's.
  Result<void> start();

  Result<std::string_view> pull() override;
  bool ready() const override { return first_.has_value() || source_->ready(); }
  std::optional<std::uint64_t> length() const override { return source_->length(); }
  bool rewind() override;

 private:
  BodySource* const source_;
  std::optional<std::string_view> first_;
};

}  // namespace llmsnap::upstream
