// Config: everything a config file says, resolved and checked; one value that can be compared.
// Thread rule: a plain value; the gateway keeps its own copy.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/log_time.h"
#include "llmsnap/matrix_config.h"
#include "llmsnap/model_config.h"
#include "llmsnap/recording_config.h"
#include "llmsnap/result.h"
#include "llmsnap/routing_config.h"

namespace llmsnap {

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

/// What a key opens.
struct KeyRoles {
  bool infer = true;    ///< the models
  bool operate = true;  ///< what is seen of them, and to load and unload them
  bool admin = true;    ///< the config

  friend bool operator==(const KeyRoles&, const KeyRoles&) = default;
};

struct ApiKey {
  std::string
      name;  ///< shown in records and logs; `key 1`, `key 2`, ... where the config gives none
  std::string key;          ///< never logged, never forwarded; or, where it is empty,
  std::string sha256 = {};  ///< of the key, 64 hexadecimal digits in lower case
  KeyRoles roles = {};

  friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

enum class LogLevel { Debug, Info, Warn, Error };
enum class AccessLogFormat { Text, Json, Off };
/// Whose lines are shown: the gateway's own (`proxy`), the models' (`upstream`), both, or none.
enum class ShownLogs { Proxy, Upstream, Both, None };

/// A file that the log goes into as well.
struct LogFileConfig {
  std::string path;
  std::uint64_t max_size = 64ULL << 20;  ///< bytes; a file that has them is moved aside
  int keep = 5;                          ///< files that were moved aside

  friend bool operator==(const LogFileConfig&, const LogFileConfig&) = default;
};

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

/// What `upstream.ignorePaths` is where nobody has set it.
inline constexpr std::string_view FilesOfPages = R"(.*\.(js|json|css|png|gif|jpg|jpeg|ico|txt)$)";

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
  LogTimeFormat log_time_format = LogTimeFormat::Utc;
  AccessLogFormat access_log = AccessLogFormat::Text;
  ShownLogs log_to_stdout = ShownLogs::Proxy;  ///< to the host, and at `GET /logs`
  std::optional<LogFileConfig> log_file;
  /// `upstream.sandbox`: pages of models' servers get an origin of their own in the browser.
  bool sandbox_upstream = false;
  /// Regular expressions (RE2). What is found by one in the path behind /upstream/<model> starts no
  /// model. Empty: FilesOfPages, and a GET of what monitors ask again and again.
  std::vector<std::string> ignore_paths;
  RecordingConfig recording;
  bool include_aliases_in_list = false;
  std::uint16_t start_port = 5800;            ///< the first `${PORT}`
  std::map<std::string, ModelConfig> models;  ///< by id
  std::vector<GroupConfig> groups;            ///< in file order; no model is in two
  /// Which models may be there together, instead of groups; `groups` is empty then.
  std::optional<MatrixConfig> matrix;
  std::map<std::string, PeerConfig> peers;          ///< by id
  std::map<std::string, SelectorConfig> selectors;  ///< by id; none is a model's id or alias
  std::map<std::string, ProfileConfig> profiles;    ///< by name
  std::size_t max_loaded = 0;                       ///< instances that hold memory; 0 = no limit
  std::vector<std::string> preload;  ///< ids, loaded at the start one after the other
  std::vector<std::string> idle;     ///< ids, brought back when nothing needs the room

  /// What a reader of the log should know: unknown keys, keys that this version ignores. File and
  /// line included.
  std::vector<std::string> warnings;

  friend bool operator==(const Config&, const Config&) = default;
};

/// What becomes of a key that nobody knows, and of all else that is worth a warning: one in
/// Config::warnings, or an error. Keys that begin with `x-` are never unknown: they are the user's.
enum class Warnings { Told, Refused };

/// Where a config is read from: a file, or a folder's files that end in .yml or .yaml, in the order
/// of their names, or both, the file first. One of the two may be empty.
struct ConfigSources {
  std::string file;
  std::string folder;
};

/// The files that are read for it, in that order. Errors: neither is named, the folder cannot be
/// read, the file is in the folder too, there is no file at all.
Result<std::vector<std::string>> config_files(const ConfigSources& sources);

/// A config, or all that is wrong with it.
struct CheckedConfig {
  std::optional<Config> config;       ///< absent where there are errors, or reading was ended
  std::vector<std::string> errors;    ///< each with file, line and key
  std::vector<std::string> warnings;  ///< the same
};

/// Reads, merges and checks files. Never call it on a request's thread. `${env.X}` is read from the
/// process's environment, which no other thread may change meanwhile. `running`: the config that is
/// in force; its models keep their `${PORT}`, and new ones get others. Once `stop` is asked for no
/// pipe is waited for, and no further file is read: that is an error.
CheckedConfig check_config(const ConfigSources& sources, Warnings on_warning = Warnings::Told,
                           const Config* running = nullptr, const std::stop_token& stop = {});

/// What the config comes to, as JSON text: every key that has an effect, by its name in a config,
/// and of each model `argv`, `port` and `group`. Keys, passwords, and values behind names that tell
/// of secrets are masked. Without such it is a config that comes to the same.
std::string resolved_json(const Config& config);

/// Reads and checks one file, as check_config. The error is the first, and says how many others
/// there are.
Result<Config> load_config(const std::string& path, Warnings on_warning = Warnings::Told);

/// The same for a text; `name` stands for the file in messages.
Result<Config> parse_config(std::string_view text, std::string_view name = "config",
                            Warnings on_warning = Warnings::Told);

}  // namespace llmsnap
