// OutputLog: text as it is printed, by a model's processes or by us, the newest of it.
// Thread rule: append, tell_suppressed and end_output from one thread at a time; the rest from any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "event/subscriber_list.h"
#include "llmsnap/subscription.h"

namespace llmsnap {

/// A ring of bytes, raw as they came, that begins with a whole line. The memory is bounded whatever
/// is printed: the oldest lines go, and nothing waits for a reader.
class OutputLog {
 public:
  struct Limits {
    std::size_t ring_bytes = std::size_t{100} * 1024;
    /// A longer line is cut into lines of this size; at most what the ring holds.
    std::size_t line_bytes = std::size_t{64} * 1024;
    /// Of what comes beyond it the ring gets the size, in a line of its own, and the last lines.
    std::size_t bytes_per_second = std::size_t{10} * 1000 * 1000;
  };

  /// What a live reader gets.
  struct Piece {
    std::string text;
    std::uint64_t next = 0;    ///< where to read on
    std::uint64_t missed = 0;  ///< bytes that were overwritten before they were read
  };

  OutputLog() : OutputLog(Limits{}) {}
  explicit OutputLog(Limits limits);
  OutputLog(const OutputLog&) = delete;
  OutputLog& operator=(const OutputLog&) = delete;

  /// Readers see it at once, also what is no whole line yet. `now` never goes back.
  void append(std::string_view bytes, SteadyClock::time_point now);

  /// When to call tell_suppressed; NoDeadline while nothing is suppressed.
  Deadline suppressed_until() const;
  /// Says how much was suppressed, if a second with too much output has ended by `now`. The next
  /// append does it too.
  void tell_suppressed(SteadyClock::time_point now);

  /// The process is gone or its output lost: ends the line it was in and says what was suppressed.
  void end_output();

  /// All that is kept.
  std::string snapshot() const;

  /// The last `count` lines with something in them, oldest first, each as plain_line makes it; none
  /// from before the position `since`.
  std::vector<std::string> last_lines(std::size_t count, std::uint64_t since = 0) const;

  /// A position in the stream of all that was ever printed (without what was suppressed): its end.
  std::uint64_t end() const;

  /// The text from `position` on, or, where that is overwritten, from the oldest line kept on. With
  /// 0 the whole history.
  Piece read_from(std::uint64_t position) const;

  /// Calls `callback` when there is more to read, and then not before somebody has called read_from
  /// (not for each line of a flood): read up to the end after each call, and once after
  /// subscribing. It runs on the thread that writes, under no lock, and must not block: post to
  /// where you read.
  Subscription on_append(std::function<void()> callback);

 private:
  // Of the second that began with the first output after the last one.
  struct Window {
    SteadyClock::time_point end = SteadyClock::time_point::min();
    std::size_t taken = 0;
    std::uint64_t suppressed = 0;
    std::string tail;  // the last of what is suppressed: what a process says before it dies
  };

  void take(std::string_view bytes) REQUIRES(mutex_);
  void suppress(std::string_view bytes) REQUIRES(mutex_);
  void write_suppressed() REQUIRES(mutex_);
  void end_line() REQUIRES(mutex_);
  void put(std::string_view bytes) REQUIRES(mutex_);
  void drop_lines_before(std::uint64_t position) REQUIRES(mutex_);
  std::string text_from(std::uint64_t position) const REQUIRES(mutex_);
  std::string text_since(std::uint64_t position) const;
  /// Whether the subscribers have to hear of what was put since `before`.
  bool news_since(std::uint64_t before) REQUIRES(mutex_);

  const Limits limits_;
  SubscriberList subscribers_;

  mutable Mutex mutex_;
  // The byte at position p of the stream is at p % ring_bytes; no memory before the first byte.
  std::unique_ptr<char[]> ring_ GUARDED_BY(mutex_);
  std::uint64_t begin_ GUARDED_BY(mutex_) = 0;  // a line starts here
  std::uint64_t end_ GUARDED_BY(mutex_) = 0;
  std::size_t line_size_ GUARDED_BY(mutex_) = 0;  // of the line that is not ended yet
  Window window_ GUARDED_BY(mutex_);
  // Told since somebody has read.
  mutable bool told_ GUARDED_BY(mutex_) = false;
};

}  // namespace llmsnap
