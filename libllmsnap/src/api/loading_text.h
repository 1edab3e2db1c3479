// LoadingText: what somebody reads who waits for a model. Thread rule: belongs to the request's
// fiber. PURE.
#pragma once

#include <string>
#include <string_view>

#include "schedule/standing.h"

namespace llmsnap::api {

class LoadingText {
 public:
  /// The first lines.
  std::string opening(std::string_view model) const;
  /// What is new, after so long a wait; a dot if nothing is.
  std::string progress(const schedule::Standing& standing, schedule::Time::duration waited);
  std::string ready(schedule::Time::duration waited) const;
  std::string failed(schedule::Time::duration waited) const;

 private:
  std::string last_;                 // headline
  schedule::Time::duration told_{};  // the time was told last after so long
};

}  // namespace llmsnap::api
