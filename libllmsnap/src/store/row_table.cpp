#include "store/row_table.h"

#include <algorithm>
#include <utility>

#include "store/schema.h"

namespace llmsnap::store {
namespace {

using std::chrono::system_clock;

/// Rows that one transaction removes: who waits for the next one must not wait long.
constexpr std::int64_t RemovedAtOnce = 5000;

}  // namespace

Result<std::unique_ptr<RowTable>> RowTable::open(const std::string& path) {
  std::optional<StoreFile> file;
  if (!path.empty()) {
    auto claimed = StoreFile::claim(path);
    if (!claimed) {
      return claimed.error();
    }
    file.emplace(std::move(*claimed));
  }
  auto connection = path.empty() ? Connection::in_memory() : Connection::to_write(path);
  if (!connection) {
    return connection.error();
  }
  std::unique_ptr<RowTable> table(new RowTable(std::move(file), std::move(*connection)));
  if (auto prepared = table->prepare(); !prepared) {
    return prepared.error();
  }
  return table;
}

Result<void> RowTable::prepare() {
  if (auto migrated = migrate(connection_); !migrated) {
    return migrated;
  }
  const auto greatest = store::greatest_id(connection_);
  if (!greatest) {
    return greatest.error();
  }
  greatest_id_ = static_cast<std::uint64_t>(std::max<std::int64_t>(*greatest, 0));
  const auto count = connection_.integer("SELECT count(*) FROM activity");
  if (!count) {
    return count.error();
  }
  count_ = *count;
  return {};
}

Result<void> RowTable::write(std::span<const KeptRow> rows, const Retention& retention) {
  if (auto begun = connection_.run("BEGIN IMMEDIATE"); !begun) {
    return begun;
  }
  const auto inserted = connection_.insert("activity", rows);
  if (!inserted) {
    return inserted.error();
  }
  count_ += *inserted;
  if (const auto pruned = prune(retention); !pruned) {
    return pruned.error();
  }
  return connection_.run("COMMIT");
}

Result<void> RowTable::undo() {
  if (auto undone = connection_.run("ROLLBACK"); !undone) {
    return undone;
  }
  return prepare();
}

Result<bool> RowTable::prune(const Retention& retention) {
  std::int64_t most = 0;
  const auto rows = static_cast<std::int64_t>(retention.rows);
  if (rows > 0 && count_ > rows) {
    const auto removed =
        remove("id <= (SELECT max(id) FROM (SELECT id FROM activity ORDER BY id LIMIT ?))",
               {std::min(count_ - rows, RemovedAtOnce)});
    if (!removed) {
      return removed.error();
    }
    most = *removed;
  }
  const std::int64_t oldest = std::chrono::floor<std::chrono::seconds>(
                                  (system_clock::now() - retention.age).time_since_epoch())
                                  .count();
  if (retention.age.count() > 0 && has_before(oldest)) {
    const auto removed = remove(
        "id IN (SELECT id FROM (SELECT id, ts_created FROM activity ORDER BY id LIMIT ?) "
        "WHERE ts_created < ?)",
        {RemovedAtOnce, oldest});
    if (!removed) {
      return removed.error();
    }
    most = std::max(most, *removed);
  }
  return most == RemovedAtOnce;
}

/// Among the first ones: ids go up as time does, but for a clock that was wrong once.
bool RowTable::has_before(std::int64_t time) {
  const auto is_before = connection_.integer(
      "SELECT min(ts_created) < ? FROM (SELECT ts_created FROM activity ORDER BY id LIMIT 100)",
      {time});
  return !is_before || *is_before != 0;  // what is wrong is told by who removes them
}

Result<std::int64_t> RowTable::remove(const std::string& which, const Values& values) {
  auto removed = connection_.change("DELETE FROM activity WHERE " + which, values);
  if (removed) {
    count_ -= *removed;
  }
  return removed;
}

}  // namespace llmsnap::store
