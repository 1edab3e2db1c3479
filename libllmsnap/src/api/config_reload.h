// ConfigReload: how a request has the config read anew, and sees the present one.
// Thread rule: config from any thread; reload_from_source on one that may block.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "llmsnap/config.h"
#include "llmsnap/reload_report.h"
#include "llmsnap/result.h"

namespace llmsnap::api {

struct LastReload {
  std::chrono::system_clock::time_point at;
  ReloadReport report;
};

class ConfigReload {
 public:
  virtual ~ConfigReload() = default;

  /// The one in force. Shared with who replaces it.
  virtual std::shared_ptr<const Config> config() const = 0;

  /// How the last reload went; nothing before the first one.
  virtual std::optional<LastReload> last_reload() const = 0;

  /// Reads the config where it came from and takes it; blocks until it is in force. Errors:
  /// NotImplemented (the host gave no source), InvalidConfig (nothing has changed).
  virtual Result<ReloadReport> reload_from_source() = 0;
};

}  // namespace llmsnap::api
