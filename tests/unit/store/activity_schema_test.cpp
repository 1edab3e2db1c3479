#include "catch.h"
#include "log/log.h"
#include "records.h"
#include "store/schema.h"
#include "support/temporary_folder.h"

namespace llmsnap::store {
namespace {

Connection made_by(const std::string& path, const std::string& statements) {
  REQUIRE(StoreFile::claim(path));
  auto connection = Connection::to_write(path);
  REQUIRE(connection);
  REQUIRE(connection->run(statements));
  return std::move(*connection);
}

}  // namespace

TEST_CASE("a file that llama-swap has begun is taken over with its rows", "[store]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  {
    const Connection theirs = made_by(
        path,
        "CREATE TABLE activity (id INTEGER PRIMARY KEY AUTOINCREMENT, ts_created INTEGER NOT NULL "
        "DEFAULT 0, model_id TEXT NOT NULL DEFAULT '', req_path TEXT NOT NULL DEFAULT '', "
        "resp_content_type TEXT NOT NULL DEFAULT '', resp_status_code INTEGER NOT NULL DEFAULT 0, "
        "cache_tokens INTEGER NOT NULL DEFAULT 0, draft_tokens INTEGER NOT NULL DEFAULT 0, "
        "draft_acc_tokens INTEGER NOT NULL DEFAULT 0, input_tokens INTEGER NOT NULL DEFAULT 0, "
        "output_tokens INTEGER NOT NULL DEFAULT 0, prompt_per_second REAL NOT NULL DEFAULT 0, "
        "tokens_per_second REAL NOT NULL DEFAULT 0, duration_ms INTEGER NOT NULL DEFAULT 0, "
        "error_msg TEXT NOT NULL DEFAULT '', metadata_json TEXT NOT NULL DEFAULT '');"
        "INSERT INTO activity (id, ts_created, model_id, output_tokens) VALUES (7, 1000, 'm', 5)");
  }
  Log log;
  ActivityStore store({.path = path}, log);
  const auto page = store.page({});
  REQUIRE(page);
  REQUIRE(page->rows.size() == 1);
  CHECK(page->rows[0].model == "m");
  CHECK(page->rows[0].output_tokens == 5);
  CHECK(page->rows[0].queue_ms == Unknown);
  CHECK(page->rows[0].request_id.empty());
  CHECK(store.observe(test::record_of("m")) == 8);
}

TEST_CASE("a file of a later version is left as it is, and rows are kept in memory", "[store]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  { const Connection later = made_by(path, "PRAGMA user_version = 99; CREATE TABLE other (a)"); }
  {
    Log log;
    ActivityStore store({.path = path}, log);
    CHECK(store.observe(test::record_of("m")));
    REQUIRE(store.fault());
    CHECK(store.fault()->find("version 99") != std::string::npos);
    CHECK(test::found(store).total == 1);
  }
  auto connection = Connection::to_read(path);
  REQUIRE(connection);
  CHECK(connection->integer("SELECT count(*) FROM sqlite_master").value() == 1);
}

TEST_CASE("every version comes to the same table", "[store]") {
  auto connection = Connection::in_memory();
  REQUIRE(connection);
  REQUIRE(migrate(*connection));
  CHECK(connection->integer("PRAGMA user_version").value() == 3);
  REQUIRE(migrate(*connection));
  CHECK(greatest_id(*connection).value() == 0);
  CHECK(connection->rows("SELECT id FROM activity WHERE 0").value().empty());
}

}  // namespace llmsnap::store
