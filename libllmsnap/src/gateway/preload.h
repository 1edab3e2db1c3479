// Preload: loads models one after the other in the background, and tells the log how it went.
// Thread rule: start by the gateway's owner; the rest happens on the control thread.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "log/log.h"
#include "schedule/control.h"

namespace llmsnap {

class Preload : public std::enable_shared_from_this<Preload> {
 public:
  /// Both must outlive the control's answers. Models without a process are skipped.
  static void start(schedule::Control& control, Log& log, const std::vector<std::string>& models);

  Preload(schedule::Control& control, Log& log, const std::vector<std::string>& models)
      : control_(control), log_(log), left_(models.begin(), models.end()) {}

 private:
  void load_next();

  schedule::Control& control_;
  Log& log_;
  std::deque<std::string> left_;
};

}  // namespace llmsnap
