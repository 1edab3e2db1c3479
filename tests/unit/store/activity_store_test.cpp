#include "store/activity_store.h"

#include <thread>

#include "catch.h"
#include "log/log.h"
#include "records.h"
#include "support/temporary_folder.h"

namespace llmsnap::store {
namespace {

using test::found;
using test::record_of;
using test::with_tokens;
using Ids = std::vector<std::uint64_t>;

std::chrono::system_clock::time_point at(std::int64_t seconds) {
  return std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
}

/// The same in memory, in a file, and with rows that wait for the file.
struct EachKind {
  llmsnap::test::TemporaryFolder folder;
  Log log;
  const std::string kind = GENERATE("memory", "file", "waiting");
  ActivityStore store{{.path = kind == "memory" ? "" : folder.path("a.db"),
                       .gather = kind == "waiting" ? SteadyClock::duration(std::chrono::hours(1))
                                                   : SteadyClock::duration(0)},
                      log};

  void add(const TrafficRecord& record) {
    store.observe(record);
    if (kind == "file") {
      REQUIRE(store.flush_for_test(test::soon()));
    }
  }
};

}  // namespace

TEST_CASE("rows are numbered from 1 and told of when they can be read", "[store][P1][R1]") {
  EachKind each;
  std::vector<std::uint64_t> told;
  const Subscription subscription = each.store.on_row([&told, &each](const ActivityRow& row) {
    told.push_back(row.id);
    CHECK(found(each.store).ids.front() == row.id);
  });
  CHECK(each.store.observe(record_of("a")) == 1);
  CHECK(each.store.observe(record_of("b")) == 2);
  CHECK(told == Ids{1, 2});
  CHECK(found(each.store).ids == Ids{2, 1});
}

TEST_CASE("a row comes back as it was kept", "[store][R1]") {
  EachKind each;
  TrafficRecord record = with_tokens(record_of("model's \"id\""), 11, 22);
  record.received = TrafficRecord::Clock::now();
  record.finished = record.received + std::chrono::milliseconds(1234);
  record.first_byte = record.received + std::chrono::milliseconds(5);
  record.usage.tokens_per_second = 12.5;
  record.usage.cached_tokens = 3;
  record.selector = "sel";
  record.session = "s";
  record.peer = "p";
  record.key_name = "k";
  record.client = "192.0.2.1";
  record.user_agent = "curl";
  record.endpoint = "/v1/x";
  record.id = "rid";
  record.streamed = true;
  record.response_bytes = 99;
  each.add(record);
  const auto page = each.store.page({});
  REQUIRE(page);
  REQUIRE(page->rows.size() == 1);
  ActivityRow expected = row_of(record);
  expected.id = 1;
  CHECK((page->rows[0] == expected));
  CHECK(page->rows[0].metadata == R"({"selector":"sel"})");
}

TEST_CASE("pages are newest first, with the number of all rows", "[store][R1]") {
  EachKind each;
  for (int count = 0; count < 5; ++count) {
    each.add(record_of(count == 2 ? "b" : "a"));
  }
  PageRequest request{.limit = 2};
  CHECK(found(each.store, request).ids == Ids{5, 4});
  request.page = 3;
  CHECK(found(each.store, request).ids == Ids{1});
  CHECK(found(each.store, request).total == 5);
  request.page = 4;
  CHECK(found(each.store, request).ids.empty());
  request.page = std::numeric_limits<std::int64_t>::max();
  CHECK(found(each.store, request).ids.empty());
  request = {.filter = {.models = {"b"}}};
  CHECK(found(each.store, request).ids == Ids{3});
  CHECK(found(each.store, request).total == 1);
}

TEST_CASE("rows are found by time and id, both ends included, and by models", "[store][R2]") {
  EachKind each;
  each.add(record_of("a", 100));
  each.add(record_of("b", 200));
  each.add(record_of("c", 300));
  const auto by = [&each](ActivityFilter filter) {
    return found(each.store, {.filter = std::move(filter)}).ids;
  };
  CHECK(by({.start = at(200)}) == Ids{3, 2});
  CHECK(by({.start = at(200) + std::chrono::milliseconds(999)}) == Ids{3, 2});
  CHECK(by({.end = at(200)}) == Ids{2, 1});
  CHECK(by({.start = at(100), .end = at(300)}) == Ids{3, 2, 1});
  CHECK(by({.start = at(301)}).empty());
  CHECK(by({.min_id = 2}) == Ids{3, 2});
  CHECK(by({.max_id = 2}) == Ids{2, 1});
  CHECK(by({.min_id = 2, .max_id = 2}) == Ids{2});
  CHECK(by({.models = {"a"}}) == Ids{1});
  CHECK(by({.models = {"a", "c"}}) == Ids{3, 1});
  CHECK(by({.models = {"A"}}).empty());
  CHECK(by({}) == Ids{3, 2, 1});
}

TEST_CASE("all of a filter must hold, and the total is that of what it lets through",
          "[store][R3]") {
  EachKind each;
  for (std::int64_t second = 1; second <= 6; ++second) {
    each.add(record_of(second % 2 == 0 ? "even" : "odd", second));
  }
  const PageRequest request{
      .filter = {.models = {"even"}, .start = at(2), .end = at(5), .min_id = 1, .max_id = 6},
      .limit = 1};
  CHECK(found(each.store, request).ids == Ids{4});
  CHECK(found(each.store, request).total == 2);
}

TEST_CASE("rows are sorted by a column, equal ones by their ids in the same direction",
          "[store][R4]") {
  EachKind each;
  each.add(with_tokens(record_of("a"), 1, 30));
  each.add(with_tokens(record_of("b"), 1, 10));
  each.add(with_tokens(record_of("c"), 1, 30));
  PageRequest request;
  request.column = sort_column("generated").value();
  CHECK(found(each.store, request).ids == Ids{3, 1, 2});
  request.direction = Direction::Ascending;
  CHECK(found(each.store, request).ids == Ids{2, 1, 3});
  for (const char* name :
       {"id", "time", "model", "req_path", "resp_status_code", "resp_content_type", "cached",
        "prompt", "generated", "drafted", "prompt_speed", "gen_speed", "duration"}) {
    INFO(name);
    REQUIRE(sort_column(name));
    request.column = *sort_column(name);
    CHECK(found(each.store, request).ids.size() == 3);
  }
  CHECK_FALSE(sort_column("output_tokens"));
  CHECK_FALSE(sort_column("id; DROP TABLE activity"));
}

TEST_CASE("statistics add up tokens, cached ones where they are known, and speeds above 0",
          "[store][R5]") {
  EachKind each;
  TrafficRecord fast = with_tokens(record_of("a"), 10, 20);
  fast.usage.cached_tokens = 4;
  fast.usage.prompt_per_second = 100;
  fast.usage.tokens_per_second = 50;
  each.add(fast);
  each.add(with_tokens(record_of("a"), 1, 2));
  each.add(with_tokens(record_of("b"), 5, 5));
  const auto all = each.store.stats("");
  REQUIRE(all);
  CHECK(all->requests == 3);
  CHECK(all->input_tokens == 16);
  CHECK(all->output_tokens == 27);
  CHECK(all->cached_tokens == 4);
  REQUIRE(all->prompt_speeds);
  CHECK(all->prompt_speeds->bins == std::vector<std::uint64_t>{1});
  CHECK(all->output_speeds->max == 50);
  const auto one = each.store.stats("b");
  REQUIRE(one);
  CHECK(one->requests == 1);
  CHECK_FALSE(one->output_speeds);
  CHECK(each.store.stats("none")->requests == 0);
}

TEST_CASE("rows are read in the order of their ids, and the last ones begin somewhere", "[store]") {
  EachKind each;
  CHECK(each.store.first_of_last(3).value() == 0);
  for (int count = 0; count < 5; ++count) {
    each.add(record_of("a"));
  }
  CHECK(each.store.first_of_last(2).value() == 4);
  CHECK(each.store.first_of_last(9).value() == 0);
  CHECK(test::ids_of(each.store.from(2, {}, 3).value()) == Ids{2, 3, 4});
  CHECK(test::ids_of(each.store.from(4, {.max_id = 4}, 3).value()) == Ids{4});
}

TEST_CASE("in memory the newest rows are kept, and the ids go on", "[store][P1][R6]") {
  Log log;
  ActivityStore store({.retention = {.rows = 2}}, log);
  for (int count = 0; count < 5; ++count) {
    store.observe(record_of("a"));
  }
  CHECK(found(store).ids == Ids{5, 4});
  store.keep({.rows = 1});
  store.observe(record_of("a"));
  CHECK(found(store).ids == Ids{6});
}

TEST_CASE("rows are added and read at once", "[store][P1]") {
  EachKind each;
  std::thread reader([&each] {
    for (int count = 0; count < 50; ++count) {
      const auto page = each.store.page({.limit = 999});
      if (page) {
        std::uint64_t before = std::numeric_limits<std::uint64_t>::max();
        for (const ActivityRow& row : page->rows) {
          if (row.id >= before) {
            std::abort();  // a row twice, or out of order
          }
          before = row.id;
        }
      }
    }
  });
  for (int count = 0; count < 300; ++count) {
    each.store.observe(record_of("a"));
  }
  reader.join();
  CHECK(found(each.store).total == 300);
}

}  // namespace llmsnap::store
