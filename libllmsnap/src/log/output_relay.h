// OutputRelay: copies what goes into one output log into another, as it comes.
// Thread rule: made and destroyed by its owner's thread; copies on the threads that write.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "llmsnap/subscription.h"
#include "log/output_log.h"

namespace llmsnap {

class OutputRelay {
 public:
  /// `from` must outlive it; `to` has other owners: its readers.
  OutputRelay(OutputLog& from, std::shared_ptr<OutputLog> to)
      : from_(from), to_(std::move(to)), subscription_(from.on_append([this] { copy(); })) {}
  OutputRelay(const OutputRelay&) = delete;
  OutputRelay& operator=(const OutputRelay&) = delete;

 private:
  void copy() {
    std::string text;
    {
      const MutexLock lock(mutex_);
      OutputLog::Piece piece = from_.read_from(next_);
      next_ = piece.next;
      text = std::move(piece.text);
    }
    to_->append(text, SteadyClock::now());
  }

  OutputLog& from_;
  const std::shared_ptr<OutputLog> to_;
  Mutex mutex_;
  std::uint64_t next_ GUARDED_BY(mutex_) = 0;
  Subscription subscription_;
};

}  // namespace llmsnap
