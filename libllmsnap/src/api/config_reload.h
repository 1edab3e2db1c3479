// ConfigReload: how a request has the config read anew, and sees the present one.
// Thread rule: config from any thread; reload_from_source on one that may block.
#pragma once

#include <memory>

#include "llmsnap/config.h"
#include "llmsnap/reload_report.h"
#include "llmsnap/result.h"

namespace llmsnap::api {

class ConfigReload {
 public:
  virtual ~ConfigReload() = default;

  /// The one in force. Shared with who replaces it.
  virtual std::shared_ptr<const Config> config() const = 0;

  /// Reads the config where it came from and takes it; blocks until it is in force. Errors:
  /// NotImplemented (the host gave no source), InvalidConfig (nothing has changed).
  virtual Result<ReloadReport> reload_from_source() = 0;
};

}  // namespace llmsnap::api
