#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "log/log.h"
#include "records.h"
#include "support/contains.h"
#include "support/temporary_folder.h"

namespace llmsnap::store {
namespace {

using test::found;
using test::record_of;
using Ids = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a file keeps its rows, and no id is given twice", "[store][R6]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  Log log;
  {
    ActivityStore store({.path = path, .retention = {.rows = 2}}, log);
    for (int count = 0; count < 3; ++count) {
      store.observe(record_of("a"));
    }
  }
  {
    ActivityStore store({.path = path, .retention = {.rows = 2}}, log);
    CHECK(found(store).ids == Ids{3, 2});
    CHECK(store.observe(record_of("a")) == 4);
    auto connection = Connection::to_write(path);
    REQUIRE(connection);
    REQUIRE(store.flush_for_test(test::soon()));
    REQUIRE(connection->run("DELETE FROM activity"));
  }
  ActivityStore store({.path = path}, log);
  CHECK(found(store).ids.empty());
  CHECK(store.observe(record_of("a")) == 5);
}

TEST_CASE("a file is in WAL mode and its owner's alone", "[store][R6]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  Log log;
  ActivityStore store({.path = path}, log);
  store.observe(record_of("a"));
  REQUIRE(store.flush_for_test(test::soon()));
  CHECK(::access((path + "-wal").c_str(), F_OK) == 0);
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
}

TEST_CASE("of a file the oldest rows go beyond a number, and those beyond an age", "[store]") {
  const llmsnap::test::TemporaryFolder folder;
  Log log;
  ActivityStore store({.path = folder.path("a.db"), .retention = {.rows = 3}}, log);
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  for (const std::int64_t age : {90, 80, 50, 2, 1}) {
    store.observe(record_of("a", now - 60 * age));
    REQUIRE(store.flush_for_test(test::soon()));
  }
  CHECK(found(store).ids == Ids{5, 4, 3});
  store.keep({.rows = 0, .age = std::chrono::minutes(30)});
  store.observe(record_of("a", now));
  REQUIRE(store.flush_for_test(test::soon()));
  CHECK(found(store).ids == Ids{6, 5, 4});
}

TEST_CASE("a batch of any size reaches the file whole and in order", "[store]") {
  const llmsnap::test::TemporaryFolder folder;
  for (const std::size_t count : {std::size_t{15}, std::size_t{16}, std::size_t{41}}) {
    Log log;
    const std::string path = folder.path(std::to_string(count));
    {
      ActivityStore store({.path = path, .gather = std::chrono::hours(1)}, log);
      for (std::size_t i = 0; i < count; ++i) {
        store.observe(record_of("m" + std::to_string(i)));
      }
    }
    ActivityStore store({.path = path}, log);
    const auto rows = store.from(1, {}, 100);
    REQUIRE(rows);
    REQUIRE(rows->size() == count);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK((*rows)[i].id == i + 1);
      CHECK((*rows)[i].model == "m" + std::to_string(i));
    }
  }
}

TEST_CASE("in memory the newest rows are kept, whether or not anybody has looked before",
          "[store]") {
  Log log;
  ActivityStore store({.retention = {.rows = 3}}, log);
  for (int count = 0; count < 5; ++count) {
    store.observe(record_of("a"));
  }
  CHECK(found(store).ids == Ids{5, 4, 3});
  store.observe(record_of("a"));
  CHECK(found(store).ids == Ids{6, 5, 4});
  store.keep({.rows = 2});
  CHECK(found(store).ids == Ids{6, 5});
  CHECK(store.dropped().requests == 0);
}

TEST_CASE("rows that find no room are dropped, counted and warned of", "[store][13]") {
  const llmsnap::test::TemporaryFolder folder;
  std::vector<std::string> lines;
  {
    Log log([&lines](LogLevel, std::string_view line) { lines.emplace_back(line); });
    ActivityStore store(
        {.path = folder.path("a.db"), .most_waiting = 2, .gather = std::chrono::hours(1)}, log);
    CHECK(store.observe(record_of("a")) == 1);
    CHECK(store.observe(record_of("a")) == 2);
    int told = 0;
    const Subscription subscription = store.on_row([&told](const ActivityRow&) { ++told; });
    CHECK_FALSE(store.observe(test::with_tokens(record_of("a"), 3, 4)));
    CHECK_FALSE(store.observe(test::with_tokens(record_of("a"), 3, 4)));
    CHECK(told == 0);
    CHECK(store.dropped().requests == 2);
    CHECK(store.dropped().input_tokens == 6);
    CHECK(store.dropped().output_tokens == 8);
    CHECK(found(store).ids == Ids{2, 1});
    REQUIRE(store.flush_for_test(test::soon()));
    CHECK(store.observe(record_of("a")) == 5);
  }
  REQUIRE(lines.size() == 2);  // the second at the end: one a minute
  CHECK(llmsnap::test::contains(lines[0], "rows of the activity dropped"));
}

}  // namespace llmsnap::store
