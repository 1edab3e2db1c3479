#include "store/row_table.h"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "catch.h"
#include "store/connection.h"

namespace llmsnap::store {
namespace {

using std::chrono::hours;
using std::chrono::system_clock;

constexpr Retention All{.rows = 0};

std::unique_ptr<RowTable> opened() {
  auto table = RowTable::open("");
  REQUIRE(table);
  return std::move(*table);
}

void write_rows(RowTable& table, std::uint64_t first, std::uint64_t last, hours age) {
  std::vector<KeptRow> rows;
  for (std::uint64_t id = first; id <= last; ++id) {
    ActivityRow row;
    row.id = id;
    row.at = system_clock::now() - age;
    rows.push_back(std::make_shared<const ActivityRow>(row));
  }
  REQUIRE(table.write(rows, All));
}

std::int64_t count_of(RowTable& table) {
  return table.connection().integer("SELECT count(*) FROM activity").value();
}

std::int64_t first_of(RowTable& table) {
  return table.connection().integer("SELECT min(id) FROM activity").value();
}

TEST_CASE("rows go by their age, some thousands at a time, the oldest first", "[store]") {
  const Retention a_day{.rows = 0, .age = hours(24)};
  const auto table = opened();
  write_rows(*table, 1, 6000, hours(48));
  write_rows(*table, 6001, 6010, hours(1));
  CHECK(table->prune(a_day).value());
  CHECK(first_of(*table) == 5001);
  CHECK_FALSE(table->prune(a_day).value());
  CHECK(first_of(*table) == 6001);
  CHECK_FALSE(table->prune(a_day).value());
  CHECK(count_of(*table) == 10);
}

TEST_CASE("where the clock was wrong once only rows that are old go", "[store]") {
  const Retention a_day{.rows = 0, .age = hours(24)};
  const auto table = opened();
  write_rows(*table, 1, 1, hours(-48));
  write_rows(*table, 2, 2, hours(48));
  write_rows(*table, 3, 3, hours(1));
  write_rows(*table, 4, 4, hours(480));
  CHECK_FALSE(table->prune(a_day).value());
  CHECK(count_of(*table) == 2);
  CHECK(table->connection().integer("SELECT max(id) FROM activity").value() == 3);
}

TEST_CASE("of too many rows the first ones go", "[store]") {
  const auto table = opened();
  write_rows(*table, 1, 6000, hours(0));
  CHECK(table->prune({.rows = 10}).value());
  CHECK(first_of(*table) == 5001);
  CHECK_FALSE(table->prune({.rows = 10}).value());
  CHECK(first_of(*table) == 5991);
  CHECK(count_of(*table) == 10);
}

}  // namespace
}  // namespace llmsnap::store
