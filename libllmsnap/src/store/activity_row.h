// ActivityRow: what is kept of one request that a model answered, or failed to answer; row_of makes
// it from a record. Thread rule: plain values, a pure function.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "llmsnap/traffic_record.h"

namespace llmsnap::store {

/// Unknown is -1, but for the tokens that went in and came out, which are 0 then, as in the
/// references.
inline constexpr std::int64_t Unknown = -1;

/// All texts are bounded.
struct ActivityRow {
  std::uint64_t id = 0;                      ///< from 1, in the order of the requests' ends
  std::chrono::system_clock::time_point at;  ///< when the request ended; whole milliseconds
  std::string model;                         ///< resolved id
  std::string path;  ///< as the client sent it; under /upstream without what names the model
  std::string content_type;  ///< of the answer
  std::int64_t status = 0;
  std::int64_t cached_tokens = Unknown;
  std::int64_t draft_tokens = Unknown;
  std::int64_t draft_accepted_tokens = Unknown;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  double prompt_per_second = Unknown;
  double tokens_per_second = Unknown;
  std::int64_t duration_ms = 0;  ///< from its arrival, or what the server says where that is more
  std::string error;             ///< empty: it went well
  std::string metadata;          ///< a JSON object as text; empty: none

  // What the references do not keep.
  std::string request_id;
  std::string method;
  std::string endpoint;         ///< what the model's server was asked for
  std::string requested_model;  ///< the name in the request
  std::string peer;
  std::string key_name;
  std::string client;
  std::string user_agent;
  std::string session;
  std::string outcome;
  std::string stop_reason;
  bool streamed = false;
  double first_byte_ms = Unknown;   ///< from arrival to the first byte of the body
  double first_token_ms = Unknown;  ///< from arrival to the first piece that tells of a token
  double token_gap_ms = Unknown;    ///< mean time between two such pieces
  double queue_ms = Unknown;        ///< from asking for the model to having it, or to the end
  std::int64_t cache_creation_tokens = Unknown;
  std::int64_t reasoning_tokens = Unknown;
  double audio_seconds = Unknown;
  std::int64_t request_bytes = 0;
  std::int64_t response_bytes = 0;

  friend bool operator==(const ActivityRow&, const ActivityRow&) = default;
};

/// One that is not changed any more: it may be waited for by the file and by readers at a time.
using KeptRow = std::shared_ptr<const ActivityRow>;

/// Without an id.
ActivityRow row_of(const TrafficRecord& record);

}  // namespace llmsnap::store
