// Connection: one connection to a database of rows; all that knows SQLite is behind it.
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "llmsnap/result.h"
#include "store/activity_row.h"

namespace llmsnap::store {

/// The code of an error where the file is no database, or a damaged one.
inline constexpr ErrorCode NoDatabase = ErrorCode::Conflict;

/// What stands for a `?` of a statement.
using Values = std::vector<std::variant<std::int64_t, std::string>>;

class Connection {
 public:
  /// The one that writes, and checkpoints: in 3.40 of SQLite two that did could damage the file.
  /// In WAL mode or not at all. As in to_read, a statement ends with an error once the
  /// work that it is for is given up (WantedWork).
  static Result<Connection> to_write(const std::string& path);
  /// Changes nothing in the file, and never checkpoints; what it keeps of its own is in memory.
  static Result<Connection> to_read(const std::string& path);
  static Result<Connection> in_memory();

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// One statement or several without values.
  Result<void> run(const std::string& statements);
  /// How many rows it changed.
  Result<std::int64_t> change(const std::string& statement, const Values& values = {});
  /// The first column of the first row; 0: no row, or null.
  Result<std::int64_t> integer(const std::string& query, const Values& values = {});
  /// All columns of all rows, in their order.
  Result<std::vector<double>> numbers(const std::string& query, const Values& values = {});
  /// Of a SELECT of ColumnNames.
  Result<std::vector<ActivityRow>> rows(const std::string& query, const Values& values = {});
  /// A row whose id is in the table is passed over. How many were not.
  Result<std::int64_t> insert(std::string_view table, std::span<const KeptRow> rows);

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  static Result<Connection> open(const std::string& path, int flags);
  void stop_when_given_up();
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap::store
