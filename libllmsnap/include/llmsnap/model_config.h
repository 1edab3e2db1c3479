// ModelConfig: what a config says of one model, resolved and checked.
// Thread rule: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/connection_timeouts.h"

namespace llmsnap {

/// One request to a model's own server that is part of putting it to sleep or waking it.
struct SleepStep {
  std::string target;           ///< path and query; may hold `${PORT}`
  std::string method = "POST";  ///< GET, POST, PUT or PATCH
  std::string body;             ///< sent as JSON; empty = none; may hold `${PORT}`
  std::chrono::milliseconds timeout{10'000};

  friend bool operator==(const SleepStep&, const SleepStep&) = default;
};

/// How a model that makes room keeps its process and gives its memory back. Without steps it stops.
struct SleepConfig {
  bool enabled = false;
  std::vector<SleepStep> sleep;  ///< in this order; each is answered with 2xx, or it is stopped
  std::vector<SleepStep> wake;  ///< in this order; each is answered with 2xx, or it is started anew

  friend bool operator==(const SleepConfig&, const SleepConfig&) = default;
};

/// A value that a filter writes: where, as a path of keys (`a.b` is `b` within `a`), and the value
/// as JSON text.
struct SetParam {
  std::string path;
  std::string json;
  bool if_absent = false;  ///< what the request says itself stays

  friend bool operator==(const SetParam&, const SetParam&) = default;
};

/// What is changed in JSON bodies on their way to a model. `model` itself is never touched by it.
struct FilterConfig {
  std::vector<std::string> strip_params;  ///< paths that are taken out; sorted
  std::vector<SetParam> set_params;       ///< sorted by path
  /// The same for requests that named the model so; after set_params. Each is an alias too.
  std::map<std::string, std::vector<SetParam>> set_params_by_id;

  friend bool operator==(const FilterConfig&, const FilterConfig&) = default;
};

enum class Modality { Text, Audio, Image, Video };

/// "text", "audio", "image", "video"
std::string_view name_of(Modality modality);

/// What a model can, as listings tell it; it changes nothing else.
struct CapabilityConfig {
  std::vector<Modality> in;
  std::vector<Modality> out;
  bool tools = false;
  bool reranker = false;
  std::int64_t context = 0;  ///< tokens; 0 = not told

  friend bool operator==(const CapabilityConfig&, const CapabilityConfig&) = default;
};

/// What follows when a process ends by itself, and nobody waits for it.
enum class RestartPolicy { Never, OnFailure };

/// One model, after all defaults and substitutions. `cmd`, `cmd_stop`, `proxy`, `check_endpoint`
/// and `env` may still hold `${PORT}`, so that a process may be given another port than `port`; and
/// `$${PORT}`, which stands for the literal text.
struct ModelConfig {
  std::string id;
  std::string proxy;     ///< URL of its server
  std::string cmd;       ///< starts its server; empty = it runs already. Without comment lines
  std::string cmd_stop;  ///< run instead of stop_signal; may hold `${PID}` and `$${PID}`
  std::string check_endpoint = "/health";  ///< asked until it answers with 200; "none" = not asked
  std::vector<std::string> env;  ///< NAME=value, added to the gateway's own; the last wins
  std::string cwd;               ///< empty = the gateway's
  int stop_signal = 15;
  std::uint16_t port = 0;  ///< what `${PORT}` came to; 0 = `cmd` does not use it
  std::chrono::milliseconds health_check_timeout{120'000};  ///< for a start to become ready
  /// Ready and idle so long: check_endpoint is asked, again and again; 0 = never.
  std::chrono::milliseconds health_check_interval{0};
  std::chrono::milliseconds unload_timeout{10'000};  ///< from the stop signal to SIGKILL
  std::size_t instances = 1;                         ///< processes that serve it
  /// Requests in work at each of them; 0 = see concurrency_limit_of.
  std::size_t concurrency_limit = 0;
  std::size_t queue_limit = 512;                         ///< requests that wait
  std::chrono::milliseconds queue_timeout{10 * 60'000};  ///< queue.timeout
  std::chrono::milliseconds max_wait{30'000};  ///< until the running model takes no newcomers
  std::chrono::milliseconds drain_timeout{10 * 60'000};  ///< for requests in work before a stop
  std::chrono::milliseconds ttl{0};            ///< idle so long: sleeps or stops; 0 = never
  std::chrono::milliseconds stop_after{0};     ///< asleep so long: stops; 0 = never
  std::chrono::milliseconds min_residency{0};  ///< ready so long before it makes room
  /// What a request may ask for with `keep_alive` or `ttl`, at most; absent = anything.
  std::optional<std::chrono::milliseconds> max_keep_alive;
  bool send_loading_state = false;  ///< who waits for a stream reads how the load goes
  /// Who waits for a stream gets a sign of life as often; 0 = never.
  std::chrono::milliseconds keep_alive_while_loading{10'000};
  int priority = 0;  ///< whose requests come first, the higher ones
  RestartPolicy restart = RestartPolicy::Never;
  SleepConfig sleep;
  /// WebSockets neither start it nor count as requests: they end when it goes.
  bool ignore_websockets = false;
  std::vector<std::string> aliases;
  bool unlisted = false;
  std::string name;
  std::string description;
  std::string metadata;  ///< a JSON object, told in listings; empty = none
  CapabilityConfig capabilities;
  FilterConfig filters;
  std::string api_key;         ///< for its server, as Bearer and x-api-key; never logged
  std::string use_model_name;  ///< written over `model` in forwarded requests; empty = as received
  ConnectionTimeouts timeouts;

  friend bool operator==(const ModelConfig&, const ModelConfig&) = default;
};

/// More of one model's instances there cannot be.
inline constexpr std::size_t MostInstances = 64;

/// The id of the model whose pages are served under /comfyui.
inline constexpr std::string_view ComfyUiModel = "comfyui_auto";

/// What `concurrency_limit` comes to: 100 where it says nothing, and 0, which is no limit, for a
/// server that runs by itself: what that one bears, it knows.
constexpr std::size_t concurrency_limit_of(const ModelConfig& model) {
  constexpr std::size_t Default = 100;
  return model.concurrency_limit > 0 || model.cmd.empty() ? model.concurrency_limit : Default;
}

/// Where the model's server listens, if it gets the port of its config.
std::string proxy_url(const ModelConfig& model);

}  // namespace llmsnap
