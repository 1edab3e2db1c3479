#include "store/connection.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <type_traits>
#include <utility>

#include "base/escape.h"
#include "base/wanted_work.h"
#include "store/row_columns.h"

namespace llmsnap::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

/// Of its virtual machine: some ten microseconds.
constexpr int StepsBetweenLooks = 1000;
/// How long another process may hold a lock before it counts as a failure.
constexpr milliseconds BusyTime{1000};

Error error_of(const SQLite::Exception& exception) {
  const int code = exception.getErrorCode();
  const bool is_damaged = code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
  const bool is_full = code == SQLITE_FULL;
  return Error{is_damaged ? NoDatabase
               : is_full  ? ErrorCode::StorageFull
                          : ErrorCode::System,
               escaped(exception.what())};
}

/// What `job` gives, or why SQLite did not.
template <typename Job>
auto attempt(const Job& job) -> Result<decltype(job())> {
  try {
    if constexpr (std::is_void_v<decltype(job())>) {
      job();
      return {};
    } else {
      return job();
    }
  } catch (const SQLite::Exception& exception) {
    return error_of(exception);
  }
}

constexpr int Columns =
    static_cast<int>(std::count(ColumnNames.begin(), ColumnNames.end(), ',')) + 1;

/// Binds the members of a row, each where it is called.
class Binder {
 public:
  Binder(SQLite::Statement& statement, int place) : statement_(statement), place_(place) {}

  void operator()(const std::string& text) { statement_.bindNoCopy(++place_, text); }
  void operator()(std::int64_t number) { statement_.bind(++place_, number); }
  void operator()(double number) { statement_.bind(++place_, number); }
  void operator()(bool flag) { statement_.bind(++place_, flag ? 1 : 0); }

 private:
  SQLite::Statement& statement_;
  int place_;  // the last one; parameters are counted from 1
};

class ColumnReader {
 public:
  ColumnReader(SQLite::Statement& statement, int place) : statement_(statement), place_(place) {}

  void operator()(std::string& text) { text = statement_.getColumn(place_++).getString(); }
  void operator()(std::int64_t& number) { number = statement_.getColumn(place_++).getInt64(); }
  void operator()(double& number) { number = statement_.getColumn(place_++).getDouble(); }
  void operator()(bool& flag) { flag = statement_.getColumn(place_++).getInt() != 0; }

 private:
  SQLite::Statement& statement_;
  int place_;  // the next one; columns are counted from 0
};

/// As the one at that place of the statement's rows.
void bind_row(SQLite::Statement& statement, std::size_t place, const ActivityRow& row) {
  const int first = static_cast<int>(place) * Columns;
  const auto whole = std::chrono::floor<seconds>(row.at.time_since_epoch());
  const auto rest = std::chrono::floor<milliseconds>(row.at.time_since_epoch()) - whole;
  statement.bind(first + IdPlace + 1, static_cast<std::int64_t>(row.id));
  statement.bind(first + SecondsPlace + 1, static_cast<std::int64_t>(whole.count()));
  statement.bind(first + MillisPlace + 1, static_cast<std::int64_t>(rest.count()));
  Binder binder(statement, first + FirstPlace);
  for_each_column(row, binder);
}

ActivityRow read_row(SQLite::Statement& statement) {
  ActivityRow row;
  row.id = static_cast<std::uint64_t>(statement.getColumn(IdPlace).getInt64());
  row.at = system_clock::time_point(seconds(statement.getColumn(SecondsPlace).getInt64()) +
                                    milliseconds(statement.getColumn(MillisPlace).getInt64()));
  ColumnReader reader(statement, FirstPlace);
  for_each_column(row, reader);
  return row;
}

SQLite::Statement prepared(SQLite::Database& database, const std::string& text,
                           const Values& values) {
  SQLite::Statement statement(database, text);
  int place = 0;
  for (const auto& value : values) {
    ++place;
    std::visit([&statement, place](const auto& one) { statement.bind(place, one); }, value);
  }
  return statement;
}

/// Rows that one statement writes: each costs a quarter less than by itself.
constexpr std::size_t RowsAtOnce = 16;

/// `text` so often, with commas between.
std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  while (count-- > 0) {
    all.append(text).append(count > 0 ? "," : "");
  }
  return all;
}

std::string insert_statement(std::string_view table, std::size_t rows) {
  return fmt::format("INSERT OR IGNORE INTO {} ({}) VALUES {}", table, ColumnNames,
                     repeated(fmt::format("({})", repeated("?", Columns)), rows));
}

}  // namespace

struct Connection::State {
  State(const std::string& path, int flags)
      : database(path, flags, static_cast<int>(BusyTime.count())) {}

  SQLite::Database database;
};

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::open(const std::string& path, int flags) {
  return attempt([&path, flags] {
    // No mutexes: there is one for each parameter of a statement, and who shares a connection has
    // one of his own around it.
    Connection connection(std::make_unique<State>(path, flags | SQLite::OPEN_NOMUTEX));
    connection.state_->database.exec("PRAGMA temp_store = MEMORY");
    return connection;
  });
}

Result<Connection> Connection::to_write(const std::string& path) {
  auto connection = open(path, SQLite::OPEN_READWRITE);
  if (!connection) {
    return connection;
  }
  connection->stop_when_given_up();
  SQLite::Database& database = connection->state_->database;
  const auto mode = attempt([&database] {
    std::string given = database.execAndGet("PRAGMA journal_mode = WAL").getString();
    // What a crash of the machine may take is the last rows; a kill of the process takes none.
    database.exec("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216");
    return given;
  });
  if (!mode) {
    return mode.error();
  }
  if (*mode != "wal") {
    return Error{ErrorCode::System, "its file system does not allow a write-ahead log"};
  }
  return connection;
}

Result<Connection> Connection::to_read(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return Error{ErrorCode::System, "it is no file"};  // a pipe would be waited for without an end
  }
  auto connection = open(path, SQLite::OPEN_READONLY);
  if (connection) {
    connection->stop_when_given_up();
  }
  return connection;
}

void Connection::stop_when_given_up() {
  sqlite3_progress_handler(
      state_->database.getHandle(), StepsBetweenLooks,
      [](void*) { return WantedWork::is_given_up() ? 1 : 0; }, nullptr);
}

Result<Connection> Connection::in_memory() {
  return open(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
}

Result<void> Connection::run(const std::string& statements) {
  return attempt([this, &statements] { state_->database.exec(statements); });
}

Result<std::int64_t> Connection::change(const std::string& statement, const Values& values) {
  return attempt([this, &statement, &values]() -> std::int64_t {
    return prepared(state_->database, statement, values).exec();
  });
}

Result<std::int64_t> Connection::integer(const std::string& query, const Values& values) {
  return attempt([this, &query, &values]() -> std::int64_t {
    SQLite::Statement statement = prepared(state_->database, query, values);
    return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
  });
}

Result<std::vector<double>> Connection::numbers(const std::string& query, const Values& values) {
  return attempt([this, &query, &values] {
    std::vector<double> found;
    SQLite::Statement statement = prepared(state_->database, query, values);
    while (statement.executeStep()) {
      for (int place = 0; place < statement.getColumnCount(); ++place) {
        found.push_back(statement.getColumn(place).getDouble());
      }
    }
    return found;
  });
}

Result<std::vector<ActivityRow>> Connection::rows(const std::string& query, const Values& values) {
  return attempt([this, &query, &values] {
    std::vector<ActivityRow> found;
    SQLite::Statement statement = prepared(state_->database, query, values);
    while (statement.executeStep()) {
      found.push_back(read_row(statement));
    }
    return found;
  });
}

Result<std::int64_t> Connection::insert(std::string_view table, std::span<const KeptRow> rows) {
  return attempt([this, table, rows] {
    std::int64_t inserted = 0;
    auto left = rows;
    for (const std::size_t at_once : {RowsAtOnce, std::size_t{1}}) {
      if (left.size() < at_once) {
        continue;
      }
      SQLite::Statement statement(state_->database, insert_statement(table, at_once));
      for (; left.size() >= at_once; left = left.subspan(at_once)) {
        for (std::size_t place = 0; place < at_once; ++place) {
          bind_row(statement, place, *left[place]);
        }
        inserted += statement.exec();
        statement.reset();
      }
    }
    return inserted;
  });
}

}  // namespace llmsnap::store
