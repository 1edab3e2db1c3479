// What can be asked of the rows: a page of them, their statistics, all in the order of their ids.
// Thread rule: the connection's; the requests and answers are plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/result.h"
#include "store/activity_row.h"
#include "store/speed_histogram.h"

namespace llmsnap::store {

class Connection;

/// What is given must hold, all of it.
struct ActivityFilter {
  using Time = std::chrono::system_clock::time_point;
  std::vector<std::string> models = {};  ///< one of them; empty: any
  std::optional<Time> start = {};        ///< both inclusive, and as precise as seconds
  std::optional<Time> end = {};
  std::optional<std::int64_t> min_id = {};  ///< both inclusive
  std::optional<std::int64_t> max_id = {};
};

enum class Direction { Ascending, Descending };

/// The column that rows are sorted by under this name; nothing: there is no such name.
std::optional<std::string_view> sort_column(std::string_view name);
/// All such names, with commas between.
std::string sort_names();

struct PageRequest {
  ActivityFilter filter = {};
  std::string_view column = "id";  ///< of sort_column; equal ones are sorted by their ids
  Direction direction = Direction::Descending;
  std::int64_t limit = 25;
  std::int64_t page = 1;  ///< from 1
};

struct ActivityPage {
  std::vector<ActivityRow> rows;
  std::int64_t total = 0;  ///< of all pages
};

struct ActivityStats {
  std::int64_t requests = 0;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t cached_tokens = 0;
  std::optional<SpeedHistogram> prompt_speeds;
  std::optional<SpeedHistogram> output_speeds;
};

/// The rows of a connection, and some that are not in its file yet.
class ActivityView {
 public:
  /// The connection must outlive this.
  explicit ActivityView(Connection& connection) : connection_(connection) {}

  /// Once, before any question: those of `rows` that are not in the table by now.
  Result<void> add(const std::vector<KeptRow>& rows);

  Result<ActivityPage> page(const PageRequest& request);
  /// An empty model: of all.
  Result<ActivityStats> stats(const std::string& model);
  /// At most `limit` rows from this id on, the smallest first.
  Result<std::vector<ActivityRow>> from(std::int64_t id, const ActivityFilter& filter,
                                        std::int64_t limit);
  /// The id of the first of the last `count` rows; 0: there are not so many.
  Result<std::int64_t> first_of_last(std::int64_t count);

 private:
  Connection& connection_;
  std::string table_ = "activity";
};

}  // namespace llmsnap::store
