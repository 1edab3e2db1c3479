// TrafficCapture: headers and bodies of one request and its answer, as they went by, bounded.
// Thread rule: a plain value; filled by the request's fiber, then shared and never changed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/kept_fields.h"

namespace llmsnap {

/// A body, or its beginning.
struct CapturedBody {
  std::string bytes;       ///< as sent, with whatever Content-Encoding
  std::uint64_t size = 0;  ///< of the whole body
  bool is_truncated() const { return bytes.size() < size; }

  friend bool operator==(const CapturedBody&, const CapturedBody&) = default;
};

/// A piece of the answer's body, as it came.
struct CapturedPiece {
  std::chrono::microseconds at{0};  ///< since the request was received
  std::uint64_t size = 0;

  friend bool operator==(const CapturedPiece&, const CapturedPiece&) = default;
};

/// May hold credentials until redacted (redact.h) has gone over it: it never leaves this process,
/// or the memory of a request, before.
struct TrafficCapture {
  std::string request_id;
  std::string method;
  std::string path;  ///< of the route that it was served by; without query
  wire::KeptFields request_fields;
  CapturedBody request;
  int status = 0;  ///< 0: there was no answer
  wire::KeptFields answer_fields;
  CapturedBody answer;
  std::vector<CapturedPiece> pieces;  ///< of `answer`, together as many bytes as it has
  bool is_redacted = false;           ///< something was taken out of the request's body
  bool is_broken = false;             ///< the answer broke, or its client left before its end

  friend bool operator==(const TrafficCapture&, const TrafficCapture&) = default;

  /// About what it takes in memory.
  std::size_t footprint() const;
};

}  // namespace llmsnap
