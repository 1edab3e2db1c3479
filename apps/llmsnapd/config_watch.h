// ConfigWatch: tells when the files of a config have changed, however they were replaced.
// Thread rule: one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "llmsnap/config.h"

namespace llmsnapd {

/// Told by inotify where that works, and looked at now and then where it does not. What counts is
/// the files' text: a file that is gone is no change until it is back, and then only if it is
/// another.
class ConfigWatch {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ConfigWatch(llmsnap::ConfigSources sources);
  ~ConfigWatch();
  ConfigWatch(const ConfigWatch&) = delete;
  ConfigWatch& operator=(const ConfigWatch&) = delete;

  /// Readable when something has happened; -1: it never is.
  int descriptor() const { return descriptor_; }
  /// When `changed` must be asked at the latest, also without news.
  std::optional<Clock::time_point> due() const { return due_; }

  /// Takes the news, if there is any; true once after a change has come to rest.
  bool changed(Clock::time_point now);

 private:
  void follow();
  bool take_news();

  const llmsnap::ConfigSources sources_;
  int descriptor_ = -1;
  bool follows_all_ = false;
  std::optional<std::uint64_t> seen_;  ///< of the text that was there last
  std::optional<Clock::time_point> due_;
  std::optional<Clock::time_point> news_since_;  ///< that have not come to rest
};

}  // namespace llmsnapd
