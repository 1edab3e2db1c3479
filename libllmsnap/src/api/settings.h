// Settings: what a config says of requests, as one piece that a new config replaces.
// Thread rule: immutable; shared by the requests that began under it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/api_key.h"
#include "api/host_rule.h"
#include "api/trusted_proxies.h"
#include "base/mutex.h"
#include "config/path_patterns.h"
#include "llmsnap/config.h"

namespace llmsnap::api {

struct Settings {
  explicit Settings(const Config& the_config)
      : config(the_config),
        host_rule(config),
        keys(config.api_keys),
        trusted_proxies(config.trusted_proxies),
        ignored_paths(config.ignore_paths.empty()
                          ? std::vector<std::string>{std::string(FilesOfPages)}
                          : config.ignore_paths) {}

  const Config config;
  const HostRule host_rule;
  const ApiKeys keys;
  const TrustedProxies trusted_proxies;
  const PathPatterns ignored_paths;
};

/// The present settings. Thread rule: any thread.
class PresentSettings {
 public:
  explicit PresentSettings(const Config& config)
      : settings_(std::make_shared<const Settings>(config)) {}

  /// Shared with the requests in work.
  std::shared_ptr<const Settings> get() const {
    const MutexLock lock(mutex_);
    return settings_;
  }
  void replace(const Config& config) {
    auto next = std::make_shared<const Settings>(config);
    const MutexLock lock(mutex_);
    settings_.swap(next);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const Settings> settings_ GUARDED_BY(mutex_);
};

}  // namespace llmsnap::api
