// ReloadReport: what a new config has changed.
// Thread rule: a plain value.
#pragma once

#include <string>
#include <vector>

namespace llmsnap {

/// Models by id, of those that have a process.
struct ReloadReport {
  std::vector<std::string> kept;     ///< they go on, with their process and requests
  std::vector<std::string> drained;  ///< they end their requests, and start anew on demand
  std::vector<std::string> added;
  std::vector<std::string> removed;  ///< they end their requests, and are gone

  std::vector<std::string> needs_restart;  ///< keys whose new values wait for one
  std::vector<std::string> warnings;       ///< see Config::warnings
};

}  // namespace llmsnap
