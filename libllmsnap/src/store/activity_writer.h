// ActivityWriter: takes rows in and writes them from a thread of its own, in batches; what happens
// to its file never reaches who gives the rows. In memory, where few are kept, rows wait until
// somebody reads them, who then writes them. Thread rule: add from one thread at a time, the rest
// from any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "log/paced_warning.h"
#include "store/activity_row.h"
#include "store/row_queue.h"
#include "store/row_table.h"

namespace llmsnap::store {

struct StoreOptions {
  std::string path = {};  ///< of the file; empty: rows are kept in memory
  Retention retention = {};
  /// Rows that wait for the file: more are dropped. In memory, as many as may wait for a reader.
  std::size_t most_waiting = 4096;
  SteadyClock::duration gather = std::chrono::milliseconds(100);  ///< longest wait for the file
  SteadyClock::duration retry = std::chrono::seconds(30);         ///< after a failure of the file
};

class ActivityWriter {
 public:
  /// The log must outlive this. Does not wait for the file.
  ActivityWriter(StoreOptions options, Log& log);
  /// Writes what waits, if the file allows it.
  ~ActivityWriter();
  ActivityWriter(const ActivityWriter&) = delete;
  ActivityWriter& operator=(const ActivityWriter&) = delete;

  /// Gives the row its id and takes it in; false: it was dropped. Waits for the file at the start
  /// alone, and 5 s at most: before, nobody knows what id comes next.
  bool add(const std::shared_ptr<ActivityRow>& row);

  bool is_in_memory() const { return options_.path.empty(); }
  const std::string& path() const { return options_.path; }
  /// Those that are not in the file yet, in the order of their ids.
  std::vector<KeptRow> unwritten() const;
  /// Calls `job` with all rows, where they are in memory. It must not take long: nothing is written
  /// meanwhile.
  void read_memory(const std::function<void(Connection&)>& job);
  /// After the file was opened, or could not be. False: neither, within 5 s.
  bool wait_for_file() const;

  void keep(Retention retention);
  /// Why rows do not reach the file.
  std::optional<std::string> fault() const;
  DroppedRows dropped() const;
  /// Whether all rows so far have been written, by the deadline.
  bool flush_for_test(Deadline deadline);

 private:
  enum class Which { Due, All };

  void loop();
  void wait_for_work();
  SteadyClock::time_point next_work() const REQUIRES(mutex_);
  SteadyClock::time_point batch_due() const REQUIRES(mutex_);
  bool waits_for_readers() const REQUIRES(mutex_);
  void work(Which which) REQUIRES(file_mutex_);
  bool may_try() const;
  Result<void> ensure_table() REQUIRES(file_mutex_);
  Result<void> open() REQUIRES(file_mutex_);
  Result<void> replace_damaged(const Error& damage) REQUIRES(file_mutex_);
  Result<void> write(Which which) REQUIRES(file_mutex_);
  Result<void> prune() REQUIRES(file_mutex_);
  void fail(const Error& error) REQUIRES(file_mutex_);
  void tell_recovery();
  std::vector<KeptRow> take_batch(Which which);
  void put_back();
  Retention retention() const;
  RowQueue::Full when_full() const REQUIRES(mutex_);
  void drop_rest();

  const StoreOptions options_;
  const Deadline opened_by_;  // later nobody waits for the file
  Log& log_;
  PacedWarning dropped_warning_;

  /// Held while the file is written to: taken first, and by nobody else but who reads rows in
  /// memory.
  Mutex file_mutex_;
  std::unique_ptr<RowTable> table_ GUARDED_BY(file_mutex_);
  std::optional<Error> damage_ GUARDED_BY(file_mutex_);  // found in a file that had been opened
  SteadyClock::time_point moved_aside_ GUARDED_BY(file_mutex_) = SteadyClock::time_point::min();

  mutable Mutex mutex_;
  CondVar changed_;          // there is work
  mutable CondVar settled_;  // was opened, or has failed, or has written
  RowQueue waiting_ GUARDED_BY(mutex_);
  std::vector<KeptRow> writing_ GUARDED_BY(mutex_);  // the batch that is written now
  std::uint64_t next_id_ GUARDED_BY(mutex_) = 0;     // 0: not known yet
  bool was_tried_ GUARDED_BY(mutex_) = false;
  std::optional<std::string> fault_ GUARDED_BY(mutex_);
  SteadyClock::time_point next_try_ GUARDED_BY(mutex_);
  SteadyClock::time_point next_prune_ GUARDED_BY(mutex_) = SteadyClock::time_point::max();
  Retention retention_ GUARDED_BY(mutex_);
  std::uint64_t dropped_before_fault_ GUARDED_BY(mutex_) = 0;
  bool hurries_ GUARDED_BY(mutex_) = false;  // nobody waits for company
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::atomic<bool> ends_{false};  // a file that is being opened need not be any more

  std::thread thread_;
};

}  // namespace llmsnap::store
