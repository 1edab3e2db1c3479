// Profiles: which of the config's profiles is active, and what it makes of the names in requests.
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "llmsnap/result.h"
#include "llmsnap/routing_config.h"

namespace llmsnap::route {

class Profiles {
 public:
  using All = std::map<std::string, ProfileConfig>;

  /// None is active.
  explicit Profiles(All all) : all_(std::make_shared<const All>(std::move(all))) {}
  Profiles(const Profiles&) = delete;
  Profiles& operator=(const Profiles&) = delete;

  /// Those of a new config. The active one stays active if it is still there.
  void replace(All all);

  /// Empty: none from now on. NotFound changes nothing. Requests that were routed before stay where
  /// they are.
  Result<void> activate(const std::string& name);

  struct Standing {
    std::shared_ptr<const All> all;  ///< shared with requests
    std::string active;              ///< empty = none
    /// Null where none is active.
    const ProfileConfig* active_profile() const;
  };
  Standing standing() const;

  /// What the active profile puts in the name's place: empty = nothing is found under it; absent =
  /// the name stays. A name that was put in its place is not asked about again.
  std::optional<std::string> target_of(std::string_view name) const;

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const All> all_ GUARDED_BY(mutex_);
  std::string active_ GUARDED_BY(mutex_);
  std::atomic<bool> any_active_{false};  // so that most requests take no lock
};

}  // namespace llmsnap::route
