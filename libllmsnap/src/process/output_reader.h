// OutputReader: empties the pipe that a process prints into, on an I/O loop, into its OutputLog.
// Thread rule: made, told and destroyed by any one thread; the reading is the loop's.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "llmsnap/subscription.h"

namespace llmsnap::io {
class Loop;
}

namespace llmsnap {
class OutputLog;
}

namespace llmsnap::process {

class OutputReader {
 public:
  /// Takes the read end of a pipe and makes it non-blocking; the loop reads from its next turn on.
  /// All readers that are open for one log must be on one loop, and the loop must outlive them.
  /// `log` is shared, by its model and its readers: a reader that was dropped may still be within
  /// its last turn. `on_end` (may be null) is called once, on the loop's thread, when the pipe has
  /// ended (a process may close it and live on) or was given up: all that was read is in the log.
  OutputReader(io::Loop& loop, UniqueFd pipe, std::shared_ptr<OutputLog> log,
               std::function<void()> on_end);
  /// Stops reading and closes the pipe, in the next turn of the loop. on_end is not called any
  /// more; if it is just running on the loop's thread, this waits for it, unless it is called by
  /// it.
  ~OutputReader();
  OutputReader(const OutputReader&) = delete;
  OutputReader& operator=(const OutputReader&) = delete;

  /// The process has exited (the end of the pipe is no sign of that, nor is this the end of the
  /// pipe: a grandchild may hold it): if the pipe has not ended by `deadline`, it is given up. What
  /// it holds now is read (up to a MiB) before a task runs that is posted to the loop after this
  /// call.
  void finish_by(Deadline deadline);

 private:
  class Pipe;
  io::Loop& loop_;
  Subscription on_end_;
  std::shared_ptr<Pipe> pipe_;  // owners: this, and the tasks that are posted for it
};

}  // namespace llmsnap::process
