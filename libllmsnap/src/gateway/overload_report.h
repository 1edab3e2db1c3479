// OverloadReport: what had to be turned away, as a log line a second with how often it happened.
// Thread rule: made and destroyed by the gateway's owner; the rest from any thread.
#pragma once

#include "event/worker.h"
#include "log/paced_warning.h"

namespace llmsnap {

class OverloadReport final : private Worker::Source {
 public:
  /// Both must outlive this.
  OverloadReport(Worker& worker, Log& log);
  ~OverloadReport();
  OverloadReport(const OverloadReport&) = delete;
  OverloadReport& operator=(const OverloadReport&) = delete;

  void connection_over_limit() { note(over_limit_); }
  void no_stack() { note(no_stack_); }

 private:
  void note(PacedWarning& warning) {
    warning.happened(1);
    worker_.wake();  // for what may not be said yet
  }
  void run_batch() override;

  Worker& worker_;
  PacedWarning over_limit_;
  PacedWarning no_stack_;
};

}  // namespace llmsnap
