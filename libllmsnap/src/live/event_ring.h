// EventRing: the encoded events of the last minutes, each once for all who read them.
// Thread rule: append from one thread at a time; the rest from any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "event/subscriber_list.h"
#include "llmsnap/subscription.h"

namespace llmsnap::live {

/// One event as it is sent; shared by the ring and the answers that it goes into.
using Frame = std::shared_ptr<const std::string>;

class EventRing {
 public:
  struct Limits {
    /// How long an event is kept for those who come back,
    std::chrono::seconds age{150};
    /// unless there are more bytes than this: then the oldest go sooner.
    std::size_t bytes = std::size_t{8} * 1024 * 1024;
  };

  /// What a reader gets.
  struct News {
    std::vector<Frame> frames;
    std::uint64_t next = 0;  ///< where to read on
    bool has_gap = false;    ///< events before them are gone: take a snapshot
  };

  EventRing() : EventRing(Limits{}) {}
  explicit EventRing(Limits limits);
  EventRing(const EventRing&) = delete;
  EventRing& operator=(const EventRing&) = delete;

  /// `type` and `json` become one event, with the next id.
  void append(std::string_view type, std::string_view json, SteadyClock::time_point now);

  /// Forgets all events: there is a gap for all readers, also for those that have read them.
  void clear();

  /// Whether one may go on from there.
  bool holds(std::uint64_t position) const;

  /// The position of the next event.
  std::uint64_t end() const;

  /// The events from `position` on, about `most_bytes` of them.
  News read_from(std::uint64_t position, std::size_t most_bytes) const;

  /// The position behind the event that has this id, if it and all that came after it are there.
  std::optional<std::uint64_t> position_behind(std::string_view id) const;

  /// Called when there is more to read, and then not before somebody has read: read up to the end
  /// after each call, and once after subscribing. On the thread that appends; it must not block.
  Subscription on_append(std::function<void()> callback);

  /// How an event with this id looks; without an id where that is empty.
  static std::string encoded(std::string_view id, std::string_view type, std::string_view json);
  std::string id_of(std::uint64_t position) const;

 private:
  struct Kept {
    Frame frame;
    SteadyClock::time_point at;
  };
  void drop_first() REQUIRES(mutex_);

  const Limits limits_;
  const std::string life_;  // ids of another process are not ours
  SubscriberList readers_;
  mutable Mutex mutex_;
  std::deque<Kept> kept_ GUARDED_BY(mutex_);
  std::uint64_t begin_ GUARDED_BY(mutex_) = 1;
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  mutable bool told_ GUARDED_BY(mutex_) = false;
};

}  // namespace llmsnap::live
