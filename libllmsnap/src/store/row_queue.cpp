#include "store/row_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace llmsnap::store {

bool RowQueue::add(KeptRow row, std::size_t most, Full full) {
  if (full == Full::DropNew && rows_.size() >= most) {
    drop(*row);
    return false;
  }
  while (!rows_.empty() && rows_.size() >= most) {
    if (full == Full::DropOldest) {
      drop(*rows_.front());
    }
    rows_.pop_front();
  }
  if (rows_.empty()) {
    since_ = SteadyClock::now();
  }
  rows_.push_back(std::move(row));
  return true;
}

void RowQueue::drop(const ActivityRow& row) {
  ++dropped_.requests;
  dropped_.input_tokens += static_cast<std::uint64_t>(row.input_tokens);
  dropped_.output_tokens += static_cast<std::uint64_t>(row.output_tokens);
}

std::vector<KeptRow> RowQueue::take(std::size_t count) {
  const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(std::min(rows_.size(), count));
  std::vector<KeptRow> taken(std::make_move_iterator(rows_.begin()), std::make_move_iterator(end));
  rows_.erase(rows_.begin(), end);
  return taken;
}

void RowQueue::put_back(const std::vector<KeptRow>& rows) {
  rows_.insert(rows_.begin(), rows.begin(), rows.end());
}

}  // namespace llmsnap::store
