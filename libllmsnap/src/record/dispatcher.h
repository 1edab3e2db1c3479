// RecordDispatcher: takes the record of every finished request and hands it to the sinks, off the
// request's path. Thread rule: hand_on, subscribe and the counters from any thread; sinks run on
// the background worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "event/topic.h"
#include "llmsnap/subscription.h"
#include "llmsnap/traffic_record.h"

namespace llmsnap::record {

class RecordDispatcher {
 public:
  /// The worker must outlive this. Stop the worker first: it delivers what was handed on before.
  explicit RecordDispatcher(Worker& worker, std::size_t capacity = 16 * 1024)
      : topic_(worker, capacity) {}

  Subscription subscribe(std::function<void(const TrafficRecord&)> sink) {
    return topic_.subscribe(std::move(sink));
  }

  /// Once per request, after its last byte. Costs a lock and a move.
  void hand_on(TrafficRecord&& record) { topic_.publish(std::move(record)); }

  std::uint64_t dropped() const { return topic_.dropped(); }
  std::uint64_t failed_sinks() const { return topic_.failed_callbacks(); }

 private:
  Topic<TrafficRecord> topic_;
};

}  // namespace llmsnap::record
