// ActivityStore: the requests that models answered, kept in a SQLite file or in memory, and what is
// asked of them. Thread rule: observe on the background worker; questions from any thread that may
// block; the rest from any.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "event/subscriber_list.h"
#include "llmsnap/subscription.h"
#include "store/activity_queries.h"
#include "store/activity_row.h"
#include "store/activity_writer.h"

namespace llmsnap::store {

class ActivityStore {
 public:
  /// The log must outlive this. Does not wait for the file, nor fail with it.
  ActivityStore(StoreOptions options, Log& log) : writer_(std::move(options), log) {}

  /// Keeps the row of a request that ended, and tells of it. Its id; nothing: it was dropped.
  std::optional<std::uint64_t> observe(const TrafficRecord& record);
  /// Hears of each row that is kept, on the background worker; it can be read by then.
  Subscription on_row(std::function<void(const ActivityRow&)> subscriber);

  /// What waits for the file is among the rows. While the file has a fault that keeps it from being
  /// read, these are all.
  Result<ActivityPage> page(const PageRequest& request);
  Result<ActivityStats> stats(const std::string& model);
  Result<std::vector<ActivityRow>> from(std::int64_t id, const ActivityFilter& filter,
                                        std::int64_t limit);
  Result<std::int64_t> first_of_last(std::int64_t count);

  void keep(Retention retention) { writer_.keep(retention); }
  /// Why rows do not reach the file.
  std::optional<std::string> fault() const { return writer_.fault(); }
  DroppedRows dropped() const { return writer_.dropped(); }
  bool flush_for_test(Deadline deadline) { return writer_.flush_for_test(deadline); }

 private:
  template <typename Answer, typename Ask>
  Result<Answer> ask(const Ask& ask_view);

  SubscriberList subscribers_;
  ActivityWriter writer_;
};

}  // namespace llmsnap::store
