// TrafficRecord: what is known of one request after its last byte; filled on the way, handed on
// once. Thread rule: owned by the request's fiber until it is handed on; subscribers get a const
// reference.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace llmsnap {

struct TrafficCapture;

/// Token counts and rates as the model's server reported them; absent where it said nothing.
struct Usage {
  std::optional<std::uint64_t> input_tokens;
  std::optional<std::uint64_t> output_tokens;
  std::optional<std::uint64_t> cached_tokens;
  std::optional<std::uint64_t> cache_creation_tokens;
  std::optional<std::uint64_t> reasoning_tokens;  ///< of the output tokens
  std::optional<std::uint64_t> draft_tokens;
  std::optional<std::uint64_t> draft_accepted_tokens;
  std::optional<double> prompt_per_second;
  std::optional<double> tokens_per_second;
  /// Time the server says it worked on the request.
  std::optional<std::chrono::duration<double, std::milli>> inference_time;
  std::optional<double> audio_seconds;  ///< of what was transcribed
  std::string stop_reason;
};

/// When the pieces of a streamed answer came that tell of tokens, as we saw them.
struct TokenTimes {
  std::chrono::steady_clock::time_point first;  ///< zero: none came
  std::chrono::steady_clock::time_point last;
  std::uint64_t pieces = 0;
};

/// How a request ended.
enum class Outcome {
  Complete,       ///< the whole answer was sent
  ClientLeft,     ///< the client closed its connection before the last byte
  Cancelled,      ///< an operator ended it (`/api/inflight/<id>/cancel`)
  UpstreamBroke,  ///< the answer could not be completed; the client saw it broken
  Refused,        ///< answered by the gateway itself with an error
  Shutdown,       ///< cut off by the gateway's shutdown, with 503 or in mid-answer
};

/// Where the answer came from.
enum class Source {
  Gateway,      ///< our own route (listings, health, errors before a model was found)
  Local,        ///< a model on an inference route
  Passthrough,  ///< a model under /upstream
};

/// One request. `path` and `user_agent` are as the client sent them: escape them before showing
/// them.
struct TrafficRecord {
  using Clock = std::chrono::steady_clock;

  // identity
  std::string id;        ///< X-Request-Id, the client's if it sent a usable one
  std::string client;    ///< address without port; empty for Unix sockets
  std::string key_name;  ///< name of the API key; empty without keys
  std::string user_agent;

  // routing
  std::string method;
  std::string path;  ///< as received, escapes kept
  std::string protocol = "HTTP/1.1";
  Source source = Source::Gateway;
  std::string requested_model;
  std::string selector;  ///< whose choice the model was; empty = nobody's
  std::string model;     ///< resolved id; empty where no model was involved
  std::string upstream;
  std::string peer;  ///< whose model it was; empty = ours
  /// What the model's server was asked for: the path without query; empty where no server was.
  std::string endpoint;
  std::string session;    ///< what the client calls its session; empty: it did not say
  bool metered = false;   ///< belongs into the activity: a request of a kind that models answer
  bool streamed = false;  ///< the client asked for a stream

  // timing; a zero time point means: never happened
  std::chrono::system_clock::time_point received_at;
  Clock::time_point received;
  Clock::time_point lease_asked;   ///< the model was asked for
  Clock::time_point model_leased;  ///< the model was ready for this request
  Clock::time_point first_byte;    ///< first body byte handed to the client's connection
  Clock::time_point finished;

  // outcome
  Outcome outcome = Outcome::Complete;
  int status = 0;
  std::string error;         ///< why it was refused or broke; never contains a key
  std::string server_error;  ///< what the model's server said where it answered with an error
  std::string response_content_type;
  std::uint64_t request_bytes = 0;   ///< body bytes received
  std::uint64_t response_bytes = 0;  ///< body bytes sent

  Usage usage;
  TokenTimes tokens;
  /// Headers and bodies, where they are kept; shared with whoever packs them. Null: they are not.
  std::shared_ptr<const TrafficCapture> capture;
};

/// Records that did not reach every subscriber, since the bus was made.
struct RecordLosses {
  std::uint64_t dropped = 0;       ///< the queue to the subscribers was full: none of them heard
  std::uint64_t failed_calls = 0;  ///< calls of a subscriber that ended with an exception

  friend bool operator==(const RecordLosses&, const RecordLosses&) = default;
};

}  // namespace llmsnap
