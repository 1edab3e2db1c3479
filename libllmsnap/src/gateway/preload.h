// Preload: loads models one after the other in the background, and tells the log what did not load.
// Thread rule: start by the gateway's owner; the rest happens on the control thread.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "log/log.h"
#include "schedule/control.h"

namespace llmsnap {

/// What is there when a model shall be loaded.
enum class Incumbents { MakeRoom, Stay };

class Preload : public std::enable_shared_from_this<Preload> {
 public:
  /// Both must outlive the control's answers. Models without a process are skipped, and where the
  /// incumbents stay those that do not fit beside them.
  static void start(schedule::Control& control, Log& log, const std::vector<std::string>& models,
                    Incumbents incumbents);

  Preload(schedule::Control& control, Log& log, const std::vector<std::string>& models,
          Incumbents incumbents);

 private:
  void load_next();

  schedule::Control& control_;
  Log& log_;
  std::deque<std::string> left_;
  const Incumbents incumbents_;
};

}  // namespace llmsnap
