#include "store/activity_queries.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "store/connection.h"
#include "store/row_columns.h"
#include "store/schema.h"

namespace llmsnap::store {
namespace {

struct SortName {
  std::string_view name;
  std::string_view column;
};

constexpr auto SortNames = std::to_array<SortName>({
    {"id", "id"},
    {"time", "ts_created"},
    {"model", "model_id"},
    {"req_path", "req_path"},
    {"resp_status_code", "resp_status_code"},
    {"resp_content_type", "resp_content_type"},
    {"cached", "cache_tokens"},
    {"prompt", "input_tokens"},
    {"generated", "output_tokens"},
    {"drafted", "draft_tokens"},
    {"prompt_speed", "prompt_per_second"},
    {"gen_speed", "tokens_per_second"},
    {"duration", "duration_ms"},
});

struct Condition {
  std::string text = " WHERE 1";
  Values values;

  void add(std::string_view comparison, std::int64_t value) {
    text.append(" AND ").append(comparison);
    values.emplace_back(value);
  }
};

std::int64_t whole_seconds(ActivityFilter::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

Condition condition_of(const ActivityFilter& filter) {
  Condition condition;
  if (!filter.models.empty()) {
    condition.text += " AND model_id IN (?";
    for (std::size_t count = 1; count < filter.models.size(); ++count) {
      condition.text += ",?";
    }
    condition.text += ')';
    condition.values.assign(filter.models.begin(), filter.models.end());
  }
  if (filter.start) {
    condition.add("ts_created >= ?", whole_seconds(*filter.start));
  }
  if (filter.end) {
    condition.add("ts_created <= ?", whole_seconds(*filter.end));
  }
  if (filter.min_id) {
    condition.add("id >= ?", *filter.min_id);
  }
  if (filter.max_id) {
    condition.add("id <= ?", *filter.max_id);
  }
  return condition;
}

std::int64_t rows_before(const PageRequest& request) {
  const std::int64_t pages = request.page - 1;
  const std::int64_t most = std::numeric_limits<std::int64_t>::max() / request.limit;
  return std::min(pages, most) * request.limit;
}

}  // namespace

std::optional<std::string_view> sort_column(std::string_view name) {
  const auto* found = std::find_if(SortNames.begin(), SortNames.end(),
                                   [name](const SortName& one) { return one.name == name; });
  return found == SortNames.end() ? std::nullopt : std::optional(found->column);
}

std::string sort_names() {
  std::string names;
  for (const SortName& one : SortNames) {
    names.append(names.empty() ? "" : ", ").append(one.name);
  }
  return names;
}

Result<void> ActivityView::add(const std::vector<KeptRow>& rows) {
  if (rows.empty()) {
    return connection_.run("BEGIN");
  }
  if (auto made = add_table_of_unwritten(connection_); !made) {
    return made;
  }
  if (const auto inserted = connection_.insert("temp.unwritten", rows); !inserted) {
    return inserted.error();
  }
  // From here on the table stands still, so that a row is in one of the two.
  auto divided = connection_.run(
      "BEGIN; DELETE FROM temp.unwritten WHERE id IN (SELECT id FROM main.activity)");
  table_ = fmt::format("(SELECT {0} FROM main.activity UNION ALL SELECT {0} FROM temp.unwritten)",
                       ColumnNames);
  return divided;
}

Result<ActivityPage> ActivityView::page(const PageRequest& request) {
  Condition condition = condition_of(request.filter);
  const auto total = connection_.integer(
      fmt::format("SELECT count(*) FROM {}{}", table_, condition.text), condition.values);
  if (!total) {
    return total.error();
  }
  const char* direction = request.direction == Direction::Ascending ? "ASC" : "DESC";
  condition.values.emplace_back(request.limit);
  condition.values.emplace_back(rows_before(request));
  auto rows = connection_.rows(
      fmt::format("SELECT {0} FROM {1}{2} ORDER BY {3} {4}, id {4} LIMIT ? OFFSET ?", ColumnNames,
                  table_, condition.text, request.column, direction),
      condition.values);
  if (!rows) {
    return rows.error();
  }
  return ActivityPage{std::move(*rows), *total};
}

Result<ActivityStats> ActivityView::stats(const std::string& model) {
  ActivityFilter filter;
  if (!model.empty()) {
    filter.models.push_back(model);
  }
  const Condition condition = condition_of(filter);
  const auto sums =
      connection_.numbers(fmt::format("SELECT count(*), sum(input_tokens), sum(output_tokens), "
                                      "sum(max(cache_tokens, 0)) FROM {}{}",
                                      table_, condition.text),
                          condition.values);
  const auto speeds = [this, &condition](std::string_view column) {
    return connection_.numbers(
        fmt::format("SELECT {0} FROM {1}{2} AND {0} > 0", column, table_, condition.text),
        condition.values);
  };
  auto prompt_speeds = speeds("prompt_per_second");
  auto output_speeds = speeds("tokens_per_second");
  if (!sums || !prompt_speeds || !output_speeds) {
    return !sums ? sums.error() : !prompt_speeds ? prompt_speeds.error() : output_speeds.error();
  }
  const auto sum = [&sums](std::size_t place) { return static_cast<std::int64_t>((*sums)[place]); };
  return ActivityStats{.requests = sum(0),
                       .input_tokens = sum(1),
                       .output_tokens = sum(2),
                       .cached_tokens = sum(3),
                       .prompt_speeds = histogram_of(std::move(*prompt_speeds)),
                       .output_speeds = histogram_of(std::move(*output_speeds))};
}

Result<std::vector<ActivityRow>> ActivityView::from(std::int64_t id, const ActivityFilter& filter,
                                                    std::int64_t limit) {
  Condition condition = condition_of(filter);
  condition.add("id >= ?", id);
  condition.values.emplace_back(limit);
  return connection_.rows(
      fmt::format("SELECT {} FROM {}{} ORDER BY id LIMIT ?", ColumnNames, table_, condition.text),
      condition.values);
}

Result<std::int64_t> ActivityView::first_of_last(std::int64_t count) {
  return connection_.integer(
      fmt::format("SELECT id FROM {} ORDER BY id DESC LIMIT 1 OFFSET ?", table_),
      {std::max<std::int64_t>(count, 1) - 1});
}

}  // namespace llmsnap::store
