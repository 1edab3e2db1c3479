// RowQueue: the rows that wait to be written, the oldest first, and what became of those that found
// no room. Thread rule: whoever owns it guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/clock.h"
#include "store/activity_row.h"

namespace llmsnap::store {

/// Rows that were taken in and are in no file and no memory.
struct DroppedRows {
  std::uint64_t requests = 0;
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
};

class RowQueue {
 public:
  /// What goes where a row finds no room; what is forgotten does not count as dropped.
  enum class Full { DropNew, DropOldest, ForgetOldest };

  /// False: the new one was dropped.
  bool add(KeptRow row, std::size_t most, Full full);
  /// The oldest, so many at most.
  std::vector<KeptRow> take(std::size_t count);
  /// What was taken last, as if it had not been.
  void put_back(const std::vector<KeptRow>& rows);

  bool empty() const { return rows_.empty(); }
  std::size_t size() const { return rows_.size(); }
  const std::deque<KeptRow>& rows() const { return rows_; }
  /// When the first one came into the empty queue.
  SteadyClock::time_point since() const { return since_; }
  const DroppedRows& dropped() const { return dropped_; }

 private:
  void drop(const ActivityRow& row);

  std::deque<KeptRow> rows_;
  SteadyClock::time_point since_;
  DroppedRows dropped_;
};

}  // namespace llmsnap::store
