// BodySource: a message body that is pulled, piece by piece, by whoever sends it on.
// Thread rule: used by one fiber (or one thread) at a time; pull may suspend the calling fiber.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "llmsnap/result.h"

namespace llmsnap {

class BodySource {
 public:
  virtual ~BodySource() = default;

  /// The next piece; an empty view is the end, after which pull must not be called again.
  /// The bytes stay valid until the next call. An error means: the body is broken, not ended.
  virtual Result<std::string_view> pull() = 0;

  /// True when the next pull answers without waiting. A sender flushes before it waits.
  virtual bool ready() const { return false; }

  /// Total bytes, where they are known before the end.
  virtual std::optional<std::uint64_t> length() const { return std::nullopt; }

  /// Starts again from the first byte; false where that cannot be.
  virtual bool rewind() { return false; }
};

}  // namespace llmsnap
