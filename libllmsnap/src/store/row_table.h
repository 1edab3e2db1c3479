// RowTable: the rows of a store in its open file, or in memory: written in batches, the oldest
// removed. Thread rule: one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "llmsnap/result.h"
#include "store/activity_row.h"
#include "store/connection.h"
#include "store/store_file.h"

namespace llmsnap::store {

struct Retention {
  std::size_t rows = 1000;           ///< 0: all
  std::chrono::milliseconds age{0};  ///< older ones go; 0: none do
};

class RowTable {
 public:
  /// An empty path: in memory. The error of a file that is none of SQLite's, or a damaged one, has
  /// the code NoDatabase.
  static Result<std::unique_ptr<RowTable>> open(const std::string& path);
  RowTable(const RowTable&) = delete;
  RowTable& operator=(const RowTable&) = delete;

  /// The greatest id that a row had when it was opened; 0: none.
  std::uint64_t greatest_id() const { return greatest_id_; }
  /// Whether this is still the file at that path.
  bool is_at(const std::string& path) const { return !file_ || file_->is_at(path); }
  Connection& connection() { return connection_; }

  /// All or none. After an error close the table, or undo what was begun.
  Result<void> write(std::span<const KeptRow> rows, const Retention& retention);
  Result<void> undo();
  /// Removes some of what need not be kept; true: there is more.
  Result<bool> prune(const Retention& retention);

 private:
  RowTable(std::optional<StoreFile> file, Connection connection)
      : file_(std::move(file)), connection_(std::move(connection)) {}
  Result<void> prepare();
  bool has_before(std::int64_t time);
  Result<std::int64_t> remove(const std::string& which, const Values& values);

  std::optional<StoreFile> file_;  // goes after its connection
  Connection connection_;
  std::int64_t count_ = 0;
  std::uint64_t greatest_id_ = 0;
};

}  // namespace llmsnap::store
