// What models answered, and how fast: rows, figures over all of them, and tables to take away.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "api/activity_query.h"
#include "api/activity_stream.h"
#include "api/activity_text.h"
#include "api/call.h"
#include "api/handlers.h"
#include "api/text_body.h"

namespace llmsnap::api {
namespace {

constexpr std::string_view CsvText = "text/csv; charset=utf-8";

/// Of a question that the store did not answer.
Error failure(std::string_view what, const Error& error) {
  return {error.code, fmt::format("failed to get {}: {}", what, error.message)};
}

std::string page_json(const store::ActivityPage& page, const store::PageRequest& request,
                      const Services& services) {
  std::string text = "{\"data\":[";
  for (const store::ActivityRow& row : page.rows) {
    if (&row != &page.rows.front()) {
      text += ',';
    }
    append_activity_json(row, services.captures.has(row.id), text);
  }
  const std::int64_t pages = (page.total + request.limit - 1) / request.limit;
  return text + fmt::format("],\"page\":{},\"limit\":{},\"total\":{},\"total_pages\":{}}}\n",
                            request.page, request.limit, page.total, pages);
}

/// Up to the last row that there is now, so that it ends.
Answer stream_of(Services& services, store::ActivityFilter filter, std::int64_t first,
                 std::int64_t last, RowForm form) {
  filter.max_id = std::min(filter.max_id.value_or(last), last);
  Answer answer;
  answer.fields.push_back({"Content-Type", form == RowForm::Csv ? CsvText : JsonText});
  answer.body = std::make_unique<ActivityStream>(services, std::move(filter), first, form);
  return answer;
}

}  // namespace

Result<Answer> show_activity(Call& call) {
  const auto request = page_request(QueryParameters(call.request.head.query));
  if (!request) {
    return request.error();
  }
  Services& services = call.services;
  auto text = ask_activity<std::string>(
      services, [&services, &request](store::ActivityStore& activity) -> Result<std::string> {
        const auto page = activity.page(*request);
        return page ? Result<std::string>(page_json(*page, *request, services)) : page.error();
      });
  return text ? Result<Answer>(text_answer(200, JsonText, std::move(*text)))
              : failure("activity", text.error());
}

Result<Answer> show_activity_stats(Call& call) {
  const std::string model(QueryParameters(call.request.head.query).first("model"));
  auto text = ask_activity<std::string>(
      call.services, [&model](store::ActivityStore& activity) -> Result<std::string> {
        const auto stats = activity.stats(model);
        if (!stats) {
          return stats.error();
        }
        return stats_json(*stats, activity.dropped(), activity.fault()) + '\n';
      });
  return text ? Result<Answer>(text_answer(200, JsonText, std::move(*text)))
              : failure("activity stats", text.error());
}

/// As many of the last rows as llmsnap keeps: `metricsMaxInMemory`, also of a file.
Result<Answer> show_metrics(Call& call) {
  struct Range {
    std::int64_t first = 0;
    std::int64_t last = 0;
  };
  const auto count = static_cast<std::int64_t>(call.settings.config.recording.records_in_memory);
  const auto range =
      ask_activity<Range>(call.services, [count](store::ActivityStore& activity) -> Result<Range> {
        const auto first = activity.first_of_last(count);
        const auto last = activity.first_of_last(1);
        if (!first || !last) {
          return !first ? first.error() : last.error();
        }
        return Range{*first, *last};
      });
  return range ? Result<Answer>(
                     stream_of(call.services, {}, range->first, range->last, RowForm::Metrics))
               : failure("metrics", range.error());
}

Result<Answer> export_activity(Call& call) {
  const QueryParameters query(call.request.head.query);
  auto filter = activity_filter(query);
  if (!filter) {
    return filter.error();
  }
  const std::string_view format = query.first("format");
  const bool is_csv = format == "csv" || format.empty();
  if (!is_csv && format != "json") {
    return Error{ErrorCode::BadRequest, "format must be csv or json"};
  }
  const auto last = ask_activity<std::int64_t>(
      call.services, [](store::ActivityStore& activity) { return activity.first_of_last(1); });
  if (!last) {
    return failure("activity", last.error());
  }
  Answer answer = stream_of(call.services, std::move(*filter), 0, *last,
                            is_csv ? RowForm::Csv : RowForm::Activity);
  answer.fields.push_back({"Content-Disposition", is_csv
                                                      ? "attachment; filename=\"activity.csv\""
                                                      : "attachment; filename=\"activity.json\""});
  return answer;
}

}  // namespace llmsnap::api
