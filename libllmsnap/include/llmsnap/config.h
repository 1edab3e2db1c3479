// Config: everything a config file says, resolved and checked; one value that can be compared.
// Thread rule: a plain value; the gateway keeps its own copy.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/result.h"

namespace llmsnap {

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
  std::chrono::milliseconds unload_timeout{10'000};         ///< from the stop signal to SIGKILL
  std::size_t concurrency_limit = 100;                      ///< requests in work
  std::size_t queue_limit = 512;                            ///< requests that wait
  std::chrono::milliseconds queue_timeout{10 * 60'000};     ///< queue.timeout
  std::chrono::milliseconds max_wait{30'000};  ///< until the running model takes no newcomers
  std::chrono::milliseconds drain_timeout{10 * 60'000};  ///< for requests in work before a stop
  std::vector<std::string> aliases;
  bool unlisted = false;
  std::string name;
  std::string description;
  std::string use_model_name;  ///< written over `model` in forwarded requests; empty = as received
  std::chrono::milliseconds connect_timeout{30'000};     ///< timeouts.connect; 0 = none
  std::chrono::milliseconds response_header_timeout{0};  ///< timeouts.responseHeader; 0 = none
  std::chrono::milliseconds idle_timeout{0};  ///< timeouts.idle: silence within an answer; 0 = none

  friend bool operator==(const ModelConfig&, const ModelConfig&) = default;
};

/// Where the model's server listens, if it gets the port of its config.
std::string proxy_url(const ModelConfig& model);

/// Models that share what they run on. Models that no group names are in the group `(default)`,
/// with the values here; it is not in Config::groups.
struct GroupConfig {
  std::string name;
  bool swap = true;                  ///< one member runs at a time
  bool exclusive = true;             ///< a start stops the members of other groups
  bool persistent = false;           ///< other groups' starts leave its members alone
  std::vector<std::string> members;  ///< ids of models, in file order

  friend bool operator==(const GroupConfig&, const GroupConfig&) = default;
};

struct ApiKey {
  std::string
      name;  ///< shown in records and logs; `key 1`, `key 2`, ... where the config gives none
  std::string key;  ///< never logged, never forwarded

  friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

enum class LogLevel { Debug, Info, Warn, Error };
enum class AccessLogFormat { Text, Json, Off };
/// Whose lines are shown: the gateway's own (`proxy`), the models' (`upstream`), both, or none.
enum class ShownLogs { Proxy, Upstream, Both, None };

/// Bounds on what clients may ask of the server. A time of 0 = no limit.
struct Limits {
  std::size_t connections = 10'000;
  std::size_t head = 64 * 1024;
  std::size_t target = 8 * 1024;
  std::size_t fields = 100;
  std::uint64_t json_body = 64ULL << 20;
  std::uint64_t upload_body = 4ULL << 30;
  std::uint64_t bodies_in_flight = 1ULL << 30;
  std::uint64_t spool = 16ULL << 30;
  std::chrono::milliseconds head_timeout{10'000};
  std::chrono::milliseconds body_idle{30'000};
  std::chrono::milliseconds body_total{15 * 60'000};
  std::chrono::milliseconds keep_alive{60'000};
  std::chrono::milliseconds write_idle{30'000};

  friend bool operator==(const Limits&, const Limits&) = default;
};

struct Config {
  std::vector<std::string> listen;  ///< as written; empty = the default address
  int io_threads = 0;               ///< 0 = cores, at most 4
  Limits limits;
  std::string spool_dir = "/var/tmp";
  std::vector<std::string> allowed_hosts;    ///< lower case, without port; "*" = any
  std::vector<std::string> trusted_proxies;  ///< addresses and CIDR blocks
  std::chrono::milliseconds shutdown_timeout{30'000};
  std::vector<ApiKey> api_keys;
  LogLevel log_level = LogLevel::Info;
  AccessLogFormat access_log = AccessLogFormat::Text;
  ShownLogs log_to_stdout = ShownLogs::Proxy;  ///< to the host, and at `GET /logs`
  bool include_aliases_in_list = false;
  std::uint16_t start_port = 5800;            ///< the first `${PORT}`
  std::map<std::string, ModelConfig> models;  ///< by id
  std::vector<GroupConfig> groups;            ///< in file order; no model is in two

  /// What a reader of the log should know: unknown keys, keys that this version ignores. File and
  /// line included.
  std::vector<std::string> warnings;

  friend bool operator==(const Config&, const Config&) = default;
};

/// What a key that nobody knows does: a warning in Config::warnings, or an error. Keys that begin
/// with `x-` are never unknown at the top level: they are the place for anchors.
enum class UnknownKeys { Warn, Refuse };

/// Reads and checks a file. The error names file, line and key. Never call it on a request's
/// thread.
/// `${env.X}` is read from the process's environment, which no other thread may change meanwhile.
Result<Config> load_config(const std::string& path, UnknownKeys unknown_keys = UnknownKeys::Warn);

/// The same for a text; `name` stands for the file in messages.
Result<Config> parse_config(std::string_view text, std::string_view name = "config",
                            UnknownKeys unknown_keys = UnknownKeys::Warn);

}  // namespace llmsnap
