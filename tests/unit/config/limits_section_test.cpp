#include "config_text.h"

namespace llmsnap {
namespace {

TEST_CASE("limits take sizes, counts and times", "[config]") {
  const Config config = config_of(
      "limits:\n"
      "  connections: 5\n  head: 32KiB\n  target: 2048\n  fields: 50\n"
      "  jsonBody: 1MB\n  uploadBody: 2GiB\n  bodiesInFlight: 1.5GiB\n  spool: 0\n"
      "  headTimeout: 5\n  bodyIdle: 1s\n  bodyTotal: 2m\n  keepAlive: 0\n  writeIdle: 500ms\n");
  Limits limits;
  limits.connections = 5;
  limits.head = 32 * 1024;
  limits.target = 2048;
  limits.fields = 50;
  limits.json_body = 1'000'000;
  limits.upload_body = 2ULL << 30;
  limits.bodies_in_flight = 3ULL << 29;
  limits.spool = 0;
  limits.head_timeout = std::chrono::seconds(5);
  limits.body_idle = std::chrono::seconds(1);
  limits.body_total = std::chrono::minutes(2);
  limits.keep_alive = std::chrono::milliseconds(0);
  limits.write_idle = std::chrono::milliseconds(500);
  CHECK(config.limits == limits);
  CHECK(config.warnings.empty());
}

TEST_CASE("a limit that cannot be is an error with line and key", "[config]") {
  struct Row {
    std::string line;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"connections: 0", "connections: expected a number from 1 to"},
      {"connections: 1k", "connections: expected a whole number, found \"1k\""},
      {"connections: \"5\"", "connections: expected a whole number, found a quoted text"},
      {"head: 10", "head: expected at least 1024 bytes, found 10"},
      {"head: 1GiB", "head: expected at most 16MiB"},
      {"fields: -1", "fields: expected a number"},
      {"jsonBody: 64M", "jsonBody: expected a size such as 64MiB"},
      {"jsonBody: \"64\"", "jsonBody: expected a size such as 64MiB"},
      {"headTimeout: soon", "headTimeout: expected a time such as 30s"},
      {"headTimeout: [1]", "headTimeout: expected a time such as 30s"},
  }));
  const std::string message = error_of("limits:\n  " + row.line + "\n");
  INFO(message);
  CHECK(message.find("c.yaml:2: limits." + row.message) == 0);
}

TEST_CASE("limits that contradict each other are errors", "[config]") {
  CHECK(contains(error_of("limits: {head: 4KiB, target: 8KiB}\n"),
                 "target (8192 bytes) is larger than head (4096 bytes)"));
  CHECK(contains(error_of("limits: {jsonBody: 2GiB}\n"),
                 "jsonBody (2147483648 bytes) is larger than bodiesInFlight (1073741824 bytes)"));
}

}  // namespace
}  // namespace llmsnap
