// ReloadReport: what a new config has changed, or why it was not taken.
// Thread rule: a plain value.
#pragma once

#include <string>
#include <vector>

namespace llmsnap {

/// What has no process: new requests go by what is new at once, those in work end by what was. Ids,
/// sorted.
struct ChangedParts {
  std::vector<std::string> kept;  ///< as they were
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
};

/// Models by id, those that have a process but for `proxied`.
struct ReloadReport {
  std::vector<std::string> kept;     ///< they go on, with their process and requests
  std::vector<std::string> drained;  ///< they end their requests, and start anew on demand
  std::vector<std::string> added;
  std::vector<std::string> removed;  ///< they end their requests, and are gone

  /// Models without a `cmd`. One that gets a `cmd` is in `added` alone; one that loses it is in
  /// `removed`, and added here.
  ChangedParts proxied;
  ChangedParts peers;

  std::vector<std::string> needs_restart;  ///< keys whose new values wait for one
  std::vector<std::string> warnings;       ///< see Config::warnings

  /// Why the new config was not taken. Then nothing has changed, and all else is empty.
  std::vector<std::string> errors;
};

}  // namespace llmsnap
