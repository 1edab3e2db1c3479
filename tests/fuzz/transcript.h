// What the readers of wire/ make of a byte stream, as text: however it is divided, it reads alike.
// Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/result.h"
#include "wire/request_head.h"

namespace llmsnap::test {

struct Transcript {
  std::string text;                  ///< every message and how the stream ended
  std::vector<std::string> targets;  ///< of the messages that arrived whole
  std::vector<std::string> bodies;   ///< of the same
  bool refused = false;
  ErrorCode code = ErrorCode::Internal;  ///< when refused
};

/// Reads `bytes` as requests, one after the other, as they would arrive with a pause at each of
/// `cuts` (ascending offsets). Stops after a refusal or a message that ends the connection.
Transcript read_requests(std::string_view bytes, std::span<const std::size_t> cuts,
                         const wire::HeadLimits& limits = {});

/// Reads one answer and the 1xx before it; the stream ends behind `bytes`. Here `bodies` holds the
/// body of an answer that is complete.
Transcript read_response(std::string_view bytes, bool to_head, std::span<const std::size_t> cuts,
                         const wire::HeadLimits& limits = {});

/// A cut behind every byte.
std::vector<std::size_t> every_byte(std::size_t size);

}  // namespace llmsnap::test
