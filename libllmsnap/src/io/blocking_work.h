// BlockingWork: a thread for calls that may block (files), so that a fiber can wait for them while
// its loop goes on. Apart from the background worker: a slow subscriber must not hold up an upload.
// Thread rule: run and send from any thread; stop and the destructor from the owner's.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "base/task.h"
#include "event/worker.h"
#include "llmsnap/result.h"

namespace llmsnap::io {

/// The thread starts with the first job that needs it.
class BlockingWork final : private Worker::Source {
 public:
  BlockingWork() = default;
  ~BlockingWork();
  BlockingWork(const BlockingWork&) = delete;
  BlockingWork& operator=(const BlockingWork&) = delete;

  /// Returns when `job` has run, so it may use what is on the caller's stack. On a fiber, the job
  /// runs on the thread and the fiber waits, also past its client's departure and a shutdown, which
  /// its next wait reports. The loops whose fibers call this must outlive the job, which tells them
  /// last of all: call stop before they go. Elsewhere, after stop, and where no thread can be had,
  /// the job runs at once. It must not throw, also where no memory is left.
  void run(const std::function<void()>& job);

  /// The same for what nobody misses: once the client has left, or at a shutdown, the job is not
  /// begun any more, and WantedWork tells one that runs. The error says which of the two it was,
  /// and then nothing is known of the job's results.
  Result<void> run_while_wanted(const std::function<void()>& job);

  /// Runs `job` some time; at once after stop, and where no thread can be had. It owns all that it
  /// uses, and must not throw.
  void send(Task job);

  /// Ends the thread when all that was given before has run.
  void stop();

 private:
  void run_batch() override;
  bool add(Task& job);
  Worker* ensure_worker() REQUIRES(mutex_);

  Mutex mutex_;
  std::vector<Task> waiting_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<Task> running_;                          // the thread's alone
  std::unique_ptr<Worker> worker_ GUARDED_BY(mutex_);  // once made, it stays to the end
};

}  // namespace llmsnap::io
