// EventFeed: puts together what is told of at /api/events: log lines, the in-flight list, and what
// others publish. Thread rule: made and destroyed by the gateway's owner; the rest from any thread;
// works on the background worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "event/worker.h"
#include "live/event_ring.h"
#include "live/in_flight.h"
#include "log/shared_logs.h"

namespace llmsnap::live {

class EventFeed final : private Worker::Source {
 public:
  /// What a newcomer is told besides logs and requests in flight: the type of an event, and its
  /// data as of now, which any thread may ask for.
  struct Part {
    std::string type;
    std::function<std::string()> data;
  };

  /// All must outlive this. It and what `parts` call must be there until the worker has stopped.
  EventFeed(Worker& worker, SharedLogs& logs, InFlight& in_flight, std::vector<Part> parts);
  ~EventFeed();
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  /// Never waits. While nobody has looked for some minutes it does nothing.
  void publish(std::string_view type, std::string json);
  /// The same with the present data of the part of that type; several calls in a row tell it once.
  void publish_part(std::string_view type);
  /// Whether anybody looks, or did a short while ago: spares others the making of events.
  bool is_watched() const { return awake_.load(std::memory_order_relaxed); }

  const EventRing& ring() const { return ring_; }
  EventRing& ring() { return ring_; }

  /// Where a newcomer begins, and what it is to be told first.
  struct Start {
    std::vector<Frame> frames;
    std::uint64_t position = 0;
  };
  using Snapshot = std::shared_ptr<const Start>;  // shared by all who come at about one time
  /// May take a moment: not on a loop.
  Snapshot snapshot();

  /// One who looks; counted for as long as it lives.
  class Reader {
   public:
    explicit Reader(EventFeed& feed) : feed_(feed) { feed_.enter(); }
    ~Reader() { feed_.leave(); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

   private:
    EventFeed& feed_;
  };
  std::size_t readers() const { return readers_.load(std::memory_order_relaxed); }

 private:
  // One log: what of it was told, before and after the event that told of it last.
  struct Told {
    OutputLog& log;
    std::string_view source;
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    std::uint64_t position = 0;  // from here on in the ring, `after` holds
    Subscription more = {};
  };
  struct Event {
    std::string type;
    std::string json;
  };

  void enter();
  void leave();
  void run_batch() override;
  bool fell_asleep(SteadyClock::time_point now);
  void tell_logs(SteadyClock::time_point now);
  void tell_log(Told& told, SteadyClock::time_point now);
  void tell_requests(SteadyClock::time_point now);
  void tell_published(SteadyClock::time_point now);
  Start made_snapshot(SteadyClock::time_point now);

  static constexpr std::size_t MostWaiting = 4096;
  static constexpr std::chrono::milliseconds Interval{50};

  Worker& worker_;
  InFlight& in_flight_;
  const std::vector<Part> parts_;
  EventRing ring_;
  std::atomic<std::size_t> readers_{0};
  std::atomic<bool> awake_{false};
  SteadyClock::time_point logs_due_;      // the worker's alone
  SteadyClock::time_point requests_due_;  // the worker's alone

  Mutex mutex_;
  std::vector<Told> logs_ GUARDED_BY(mutex_);
  SteadyClock::time_point left_at_ GUARDED_BY(mutex_);
  std::vector<Event> waiting_ GUARDED_BY(mutex_);
  std::vector<std::string> parts_due_ GUARDED_BY(mutex_);
  bool overflow_ GUARDED_BY(mutex_) = false;
  Snapshot snapshot_ GUARDED_BY(mutex_);
  SteadyClock::time_point snapshot_at_ GUARDED_BY(mutex_);
};

}  // namespace llmsnap::live
