// LogDrain: has the background worker pass on a log's lines, so that no request waits for its sink.
// Thread rule: made and stopped by the gateway's owner; the rest on the worker and on writers'
// threads.
#pragma once

#include "event/worker.h"
#include "log/log.h"

namespace llmsnap {

class LogDrain final : private Worker::Source, private Log::Background {
 public:
  /// Both must outlive this. Make it after the sources that write lines on the worker: theirs are
  /// then passed on in the same batch.
  LogDrain(Worker& worker, Log& log) : worker_(worker), log_(log) {
    worker_.attach(*this);
    log_.leave_to(this);
  }
  ~LogDrain() { stop(); }
  LogDrain(const LogDrain&) = delete;
  LogDrain& operator=(const LogDrain&) = delete;

  /// After the worker was stopped: passes on what is left, and leaves later lines to their writers.
  void stop() {
    log_.leave_to(nullptr);
    worker_.detach(*this);
    log_.drain();
  }

 private:
  void run_batch() override { log_.drain(); }
  void line_waits(Urgency urgency) override {
    if (urgency == Urgency::Now) {
      worker_.wake_now();
    } else {
      worker_.wake();
    }
  }

  Worker& worker_;
  Log& log_;
};

}  // namespace llmsnap
