#include "store/schema.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "store/connection.h"

namespace llmsnap::store {
namespace {

// The columns of llama-swap. A file that it has begun has this table already and is taken over, and
// llama-swap goes on to understand a file of ours.
constexpr const char* FirstColumns = R"sql(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ts_created INTEGER NOT NULL DEFAULT 0,
    model_id TEXT NOT NULL DEFAULT '',
    req_path TEXT NOT NULL DEFAULT '',
    resp_content_type TEXT NOT NULL DEFAULT '',
    resp_status_code INTEGER NOT NULL DEFAULT 0,
    cache_tokens INTEGER NOT NULL DEFAULT 0,
    draft_tokens INTEGER NOT NULL DEFAULT 0,
    draft_acc_tokens INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    prompt_per_second REAL NOT NULL DEFAULT 0,
    tokens_per_second REAL NOT NULL DEFAULT 0,
    duration_ms INTEGER NOT NULL DEFAULT 0,
    error_msg TEXT NOT NULL DEFAULT '',
    metadata_json TEXT NOT NULL DEFAULT '')sql";

constexpr auto AddedColumns = std::to_array<const char*>({
    "ts_millis INTEGER NOT NULL DEFAULT 0",
    "request_id TEXT NOT NULL DEFAULT ''",
    "method TEXT NOT NULL DEFAULT ''",
    "endpoint TEXT NOT NULL DEFAULT ''",
    "requested_model TEXT NOT NULL DEFAULT ''",
    "peer TEXT NOT NULL DEFAULT ''",
    "key_name TEXT NOT NULL DEFAULT ''",
    "client TEXT NOT NULL DEFAULT ''",
    "user_agent TEXT NOT NULL DEFAULT ''",
    "session TEXT NOT NULL DEFAULT ''",
    "outcome TEXT NOT NULL DEFAULT ''",
    "stop_reason TEXT NOT NULL DEFAULT ''",
    "streamed INTEGER NOT NULL DEFAULT 0",
    "first_byte_ms REAL NOT NULL DEFAULT -1",
    "first_token_ms REAL NOT NULL DEFAULT -1",
    "token_gap_ms REAL NOT NULL DEFAULT -1",
    "queue_ms REAL NOT NULL DEFAULT -1",
    "cache_creation_tokens INTEGER NOT NULL DEFAULT -1",
    "reasoning_tokens INTEGER NOT NULL DEFAULT -1",
    "audio_seconds REAL NOT NULL DEFAULT -1",
    "request_bytes INTEGER NOT NULL DEFAULT 0",
    "response_bytes INTEGER NOT NULL DEFAULT 0",
});

std::string first_table() {
  return fmt::format(
      "CREATE TABLE IF NOT EXISTS activity ({});"
      "CREATE INDEX IF NOT EXISTS activity_by_time ON activity (ts_created DESC, id DESC);"
      "CREATE INDEX IF NOT EXISTS activity_by_model ON activity "
      "(model_id, ts_created DESC, id DESC);",
      FirstColumns);
}

std::string further_columns() {
  std::string statements;
  for (const char* column : AddedColumns) {
    statements += fmt::format("ALTER TABLE activity ADD COLUMN {};", column);
  }
  return statements;
}

/// Ids go up as time does, and an index costs a busy gateway more than what else a row costs.
std::string one_index() {
  return "DROP INDEX IF EXISTS activity_by_time;"
         "DROP INDEX IF EXISTS activity_by_model;"
         "CREATE INDEX IF NOT EXISTS activity_of_model ON activity (model_id);";
}

/// The step at place n leads from version n to n + 1. A step that was released never changes.
constexpr auto Steps = std::to_array<std::string (*)()>({first_table, further_columns, one_index});

}  // namespace

Result<void> migrate(Connection& connection) {
  const auto version = connection.integer("PRAGMA user_version");
  if (!version) {
    return version.error();
  }
  if (*version < 0 || static_cast<std::size_t>(*version) > Steps.size()) {
    return Error{ErrorCode::System,
                 fmt::format("its version {} is not known here: a newer llmsnap, or another "
                             "program, has made it",
                             *version)};
  }
  for (auto next = static_cast<std::size_t>(*version); next < Steps.size(); ++next) {
    // What fails leaves its transaction open, which ends with the connection.
    auto done = connection.run(fmt::format("BEGIN IMMEDIATE; {} PRAGMA user_version = {}; COMMIT",
                                           Steps[next](), next + 1));
    if (!done) {
      return done;
    }
  }
  return {};
}

Result<std::int64_t> greatest_id(Connection& connection) {
  // The sequence remembers the ids of rows that are gone.
  return connection.integer(
      "SELECT max(ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'activity'), 0), "
      "ifnull((SELECT max(id) FROM activity), 0))");
}

Result<void> add_table_of_unwritten(Connection& connection) {
  constexpr std::string_view Sequence = " AUTOINCREMENT";  // not for tables that are temporary
  std::string columns = FirstColumns;
  columns.erase(columns.find(Sequence), Sequence.size());
  for (const char* column : AddedColumns) {
    columns.append(", ").append(column);
  }
  return connection.run(fmt::format("CREATE TEMP TABLE unwritten ({})", columns));
}

}  // namespace llmsnap::store
