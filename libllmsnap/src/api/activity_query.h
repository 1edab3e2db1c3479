// What a query asks of the activity, read as the references read it.
// Thread rule: pure functions.
#pragma once

#include "api/query_parameters.h"
#include "llmsnap/result.h"
#include "store/activity_queries.h"

namespace llmsnap::api {

/// `model` (repeated), `start`, `end`, `min_id`, `max_id`.
Result<store::ActivityFilter> activity_filter(const QueryParameters& query);

/// Those, and `limit`, `page`, `sort`, `order`.
Result<store::PageRequest> page_request(const QueryParameters& query);

}  // namespace llmsnap::api
