// LiveConfig: the config in force, and the one way to replace it.
// Thread rule: config from any thread; the reloads from any that may block, but the worker's and
// the loops'.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "api/config_reload.h"
#include "base/mutex.h"
#include "llmsnap/config.h"

namespace llmsnap {

class EventBus;
class Log;

class LiveConfig final : public api::ConfigReload {
 public:
  struct Options {
    std::function<CheckedConfig(const Config& running)> read;  ///< may be none
    /// Has everybody work by the new config; fills kept, drained, added, removed, and what it knows
    /// to need a restart.
    std::function<ReloadReport(const Config&)> apply;
    EventBus& events;
    Log& log;
  };
  LiveConfig(const Config& config, Options options);

  std::shared_ptr<const Config> config() const override;
  std::optional<api::LastReload> last_reload() const override;
  Result<ReloadReport> reload_from_source() override;
  ReloadReport reload(Config config);

 private:
  ReloadReport take(Config config) REQUIRES(one_at_a_time_);
  void tell(const ReloadReport& report);

  const Options options_;
  Mutex one_at_a_time_;
  mutable Mutex mutex_;
  std::shared_ptr<const Config> config_ GUARDED_BY(mutex_);  // shared with readers
  std::optional<api::LastReload> last_reload_ GUARDED_BY(mutex_);
  const std::shared_ptr<const Config> first_;  // what needs a restart works by this one
};

}  // namespace llmsnap
