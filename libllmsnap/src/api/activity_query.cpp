#include "api/activity_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "base/ascii.h"
#include "base/timestamp.h"
#include "base/whole_number.h"

namespace llmsnap::api {
namespace {

constexpr std::int64_t MostRows = 999;

Error refusal(std::string message) {
  return {ErrorCode::BadRequest, std::move(message)};
}

/// From 1 on; `out` stays as it is where the query has none.
template <typename Out>
Result<void> read_positive(const QueryParameters& query, std::string_view name, Out& out) {
  const std::string_view text = query.first(name);
  if (text.empty()) {
    return {};
  }
  const auto value = whole_number<std::int64_t>(text);
  if (!value || *value < 1) {
    return refusal(fmt::format("{} must be >= 1", name));
  }
  out = *value;
  return {};
}

Result<void> read_time(const QueryParameters& query, std::string_view name,
                       std::optional<store::ActivityFilter::Time>& out) {
  std::string text(query.first(name));
  if (text.empty()) {
    return {};
  }
  // A plus sign that was not escaped: nothing else can stand there.
  constexpr std::size_t Date = std::string_view("2026-01-31T").size();
  std::replace(text.begin() + static_cast<std::ptrdiff_t>(std::min(Date, text.size())), text.end(),
               ' ', '+');
  out = parsed_timestamp(text);
  return out ? Result<void>()
             : refusal(fmt::format("invalid '{}' timestamp, use RFC3339 format", name));
}

Result<void> read_limit(const QueryParameters& query, std::int64_t& out) {
  const std::string_view text = query.first("limit");
  if (text.empty()) {
    return {};
  }
  const auto value = whole_number<std::int64_t>(text);
  if (!value) {
    return refusal("invalid limit");
  }
  if (*value < 1 || *value > MostRows) {
    return refusal("limit must be between 1 and 999");
  }
  out = *value;
  return {};
}

Result<void> read_order(const QueryParameters& query, store::PageRequest& out) {
  if (const std::string_view name = query.first("sort"); !name.empty()) {
    const auto column = store::sort_column(name);
    if (!column) {
      return refusal(fmt::format("invalid sort column: it is one of {}", store::sort_names()));
    }
    out.column = *column;
  }
  const std::string_view order = query.first("order");
  if (ascii::equal_ignoring_case(order, "asc")) {
    out.direction = store::Direction::Ascending;
  } else if (!order.empty() && !ascii::equal_ignoring_case(order, "desc")) {
    return refusal("order must be asc or desc");
  }
  return {};
}

/// The first of these that went wrong.
Result<void> first_failure(std::initializer_list<Result<void>> results) {
  for (const auto& result : results) {
    if (!result) {
      return result;
    }
  }
  return {};
}

}  // namespace

Result<store::ActivityFilter> activity_filter(const QueryParameters& query) {
  store::ActivityFilter filter;
  for (const std::string_view value : query.all("model")) {
    const std::string_view model = ascii::trimmed(value, ascii::is_space);
    if (!model.empty()) {
      filter.models.emplace_back(model);
    }
  }
  const auto read =
      first_failure({read_time(query, "start", filter.start), read_time(query, "end", filter.end),
                     read_positive(query, "min_id", filter.min_id),
                     read_positive(query, "max_id", filter.max_id)});
  if (!read) {
    return read.error();
  }
  if (filter.start && filter.end && *filter.start > *filter.end) {
    return refusal("start must be before end");
  }
  if (filter.min_id && filter.max_id && *filter.min_id > *filter.max_id) {
    return refusal("min_id must be <= max_id");
  }
  return filter;
}

Result<store::PageRequest> page_request(const QueryParameters& query) {
  store::PageRequest request;
  auto filter = activity_filter(query);
  if (!filter) {
    return filter.error();
  }
  request.filter = std::move(*filter);
  const auto read =
      first_failure({read_limit(query, request.limit), read_positive(query, "page", request.page),
                     read_order(query, request)});
  return read ? Result<store::PageRequest>(std::move(request)) : read.error();
}

}  // namespace llmsnap::api
