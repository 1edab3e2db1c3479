#include <fstream>

#include "catch.h"
#include "config_text.h"
#include "support/contains.h"
#include "support/temporary_folder.h"

namespace llmsnap {
namespace {

using std::chrono::seconds;
using test::contains;

RecordingConfig recording_of(const std::string& text) {
  return config_of(text).recording;
}

TEST_CASE("what is kept has the references' defaults", "[config][13][14]") {
  const RecordingConfig recording = recording_of("{}");
  CHECK(recording.records_in_memory == 1000);
  CHECK(recording.capture_megabytes == 5);
  CHECK(recording.store_path.empty());
  CHECK(recording.watches_machine);
  CHECK(recording.watch_interval == seconds(5));
  CHECK(recording.session_headers ==
        std::vector<std::string>{"X-Session-ID", "X-Litellm-Session-Id"});
}

TEST_CASE("a log file is a path, with a size and a number of old ones or without", "[config]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("a.log");
  CHECK_FALSE(config_of("{}").log_file);
  CHECK(config_of("logFile: " + path).log_file == LogFileConfig{path, 64ULL << 20, 5});
  CHECK(config_of("logFile: {path: " + path + ", maxSize: 1MiB, keep: 0}").log_file ==
        LogFileConfig{path, 1ULL << 20, 0});
  CHECK(contains(error_of("logFile: {maxSize: 1MiB}"), "logFile.path must not be empty"));
  CHECK(contains(error_of("logFile: {path: " + path + ", maxSize: 1}"), "logFile.maxSize"));
  CHECK(contains(error_of("logFile: /no/such/folder/a.log"), "is not writable"));
  CHECK(contains(error_of("logFile: " + folder.path()), "is not writable"));
}

TEST_CASE("how much is kept is read", "[config]") {
  const Config config = config_of("metricsMaxInMemory: 7\ncaptureBuffer: 0\n");
  CHECK(config.recording.records_in_memory == 7);
  CHECK(config.recording.capture_megabytes == 0);
  CHECK(config.warnings.empty());
  CHECK(recording_of("metricsMaxInMemory: 0\n").records_in_memory == 1000);
  CHECK(recording_of("metricsMaxInMemory: -5\n").records_in_memory == 1000);
}

TEST_CASE("the machine is watched every so often, not too often, or not at all", "[config][13]") {
  CHECK(recording_of("performance: {every: 1m30s}\n").watch_interval == seconds(90));
  CHECK(config_of("performance: {every: 9s, disabled: false}\n").warnings.empty());
  CHECK(recording_of("performance: {every: 0}\n").watch_interval == seconds(5));
  const RecordingConfig off = recording_of("performance: {disabled: true}\n");
  CHECK(!off.watches_machine);
  CHECK(off.watch_interval == seconds(5));
  CHECK(contains(error_of("performance: {every: 4s}\n"),
                 "c.yaml:1: performance.every: every must be at least 5s"));
  const Config config = config_of("performance: {evry: 9s}\n");
  CHECK(config.recording.watch_interval == seconds(5));
  CHECK(config.warnings.size() == 1);
}

TEST_CASE("session headers are trimmed and told once; none turn it off", "[config][14]") {
  const auto headers = [](const std::string& list) {
    return recording_of("ui: {activity: {session_id: " + list + "}}\n").session_headers;
  };
  CHECK(headers("[' X-A ', '', x-a, X-B]") == std::vector<std::string>{"X-A", "X-B"});
  CHECK(headers("[]").empty());
  CHECK(headers("X-Only") == std::vector<std::string>{"X-Only"});
}

TEST_CASE("a store keeps so many records, and so long", "[config]") {
  const test::TemporaryFolder folder;
  const auto store = [&folder](const std::string& keys) {
    return "store: {path: '" + folder.path("a.db") + "'" + keys + "}\n";
  };
  CHECK(recording_of(store("")).store_rows == 100'000);
  CHECK(recording_of(store("")).store_age == seconds(0));
  CHECK(recording_of(store(", rows: 7")).store_rows == 7);
  CHECK(recording_of(store(", rows: 0")).store_rows == 0);
  CHECK(recording_of(store(", age: 48h")).store_age == seconds(48 * 3600));
  CHECK(contains(error_of(store(", rows: -1")), "store.rows"));
  CHECK(config_of(store(", rows: 7, age: 60")).warnings.empty());
}

TEST_CASE("a store is a file that can be written, or that can be made", "[config][9]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/records.db";
  const auto text = [](const std::string& where) { return "store: {path: '" + where + "'}\n"; };
  CHECK(recording_of(text(path)).store_path == path);
  std::ofstream(path) << "";
  CHECK(recording_of(text(path)).store_path == path);
  CHECK(contains(error_of(text(folder.path() + "/missing/records.db")), "is not writable"));
  CHECK(contains(error_of(text(folder.path())), "is not writable"));
  CHECK(contains(error_of(text(" ")), "store.path must not be empty"));
  CHECK(contains(error_of("store: {}\n"), "store.path must not be empty"));
}

}  // namespace
}  // namespace llmsnap
