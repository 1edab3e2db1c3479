#include "route/profiles.h"

#include <fmt/format.h>

#include <utility>

#include "base/escape.h"

namespace llmsnap::route {

void Profiles::replace(All all) {
  auto next = std::make_shared<const All>(std::move(all));
  const MutexLock lock(mutex_);
  all_ = std::move(next);
  if (all_->find(active_) == all_->end()) {
    active_.clear();
    any_active_ = false;
  }
}

Result<void> Profiles::activate(const std::string& name) {
  const MutexLock lock(mutex_);
  if (!name.empty() && all_->find(name) == all_->end()) {
    return Error{ErrorCode::NotFound, fmt::format("profile \"{}\" not found", escaped(name))};
  }
  active_ = name;
  any_active_ = !name.empty();
  return {};
}

const ProfileConfig* Profiles::Standing::active_profile() const {
  const auto found = active.empty() ? all->end() : all->find(active);
  return found == all->end() ? nullptr : &found->second;
}

Profiles::Standing Profiles::standing() const {
  const MutexLock lock(mutex_);
  return {all_, active_};
}

std::optional<std::string> Profiles::target_of(std::string_view name) const {
  if (!any_active_.load(std::memory_order_relaxed)) {
    return std::nullopt;
  }
  const Standing now = standing();
  const ProfileConfig* active = now.active_profile();
  if (active == nullptr) {
    return std::nullopt;
  }
  const auto pin = active->pins.find(std::string(name));
  return pin == active->pins.end() ? std::nullopt : std::optional(pin->second);
}

}  // namespace llmsnap::route
