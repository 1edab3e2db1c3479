// Rows of the activity as text: as llama-swap writes them, as llmsnap did, and as a table for
// programs. Thread rule: pure functions, but newest_metrics_json, which may block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "store/activity_queries.h"
#include "store/activity_row.h"
#include "store/activity_store.h"
#include "store/activity_writer.h"

namespace llmsnap::api {

/// Appends the JSON of a row, as llama-swap has it; what only we know follows.
void append_activity_json(const store::ActivityRow& row, bool has_capture, std::string& out);

/// Appends a row as an element of llmsnap's `GET /api/metrics`.
void append_metrics_json(const store::ActivityRow& row, bool has_capture, std::string& out);

/// The newest rows, at most so many, as llmsnap's array; it asks the store. Empty where that cannot
/// be read. `has_capture`: of a row.
std::string newest_metrics_json(store::ActivityStore& activity, std::size_t most,
                                const std::function<bool(std::uint64_t)>& has_capture);

/// The first line of a table, and each further one, with their ends. A text that a spreadsheet
/// would take for a formula begins with an apostrophe.
std::string_view csv_header();
void append_csv_line(const store::ActivityRow& row, std::string& out);

/// What is missing in the figures, and why more will be, stands behind those of llama-swap.
std::string stats_json(const store::ActivityStats& stats, const store::DroppedRows& dropped,
                       const std::optional<std::string>& fault);

}  // namespace llmsnap::api
