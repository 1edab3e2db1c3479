// scan_json_body: checks a client's JSON body strictly and finds what routing needs, without
// building a tree. Thread rule: a pure function; the body must stay as it is until it returns, also
// across yields.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "base/padded_bytes.h"
#include "llmsnap/result.h"

namespace llmsnap::route {

/// [begin, end), as offsets into the body.
struct ByteRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct BodyFacts {
  std::optional<std::string>
      model;            ///< unescaped; absent where the key is, or its value is no string
  bool stream = false;  ///< `stream` is the literal true

  std::size_t begin =
      0;  ///< first byte of the document: 3 behind a byte order mark, which is not sent on
  std::size_t model_begin =
      0;                      ///< the value of `model`, quotes included, as offsets into the body;
  std::size_t model_end = 0;  ///< equal where model is absent

  std::optional<ByteRange> keep_alive;  ///< its value, of any kind; where it is there more than
  std::optional<ByteRange> ttl;         ///< once, the last one
  std::optional<ByteRange> stream_options;
};

/// Called between pieces of a large body, so that other requests run: on a fiber, io::Fiber::yield.
using YieldFunction = std::function<void()>;

/// Bytes looked at between two yields.
inline constexpr std::size_t ScanSliceBytes = 128 * 1024;

/// Levels of objects and arrays, the document's own included.
inline constexpr int MaxJsonDepth = 64;

/// Every error is BadRequest: not JSON (RFC 8259), not UTF-8, not an object, a lone surrogate,
/// deeper than MaxJsonDepth, a second top-level `model` (keys are compared unescaped), a control
/// character in the model's name. The text never repeats bytes of the body.
Result<BodyFacts> scan_json_body(const PaddedBytes& body, const YieldFunction& yield);

}  // namespace llmsnap::route
