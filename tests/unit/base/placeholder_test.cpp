#include "base/placeholder.h"

#include "catch.h"
#include "llmsnap/config.h"

namespace llmsnap {
namespace {

TEST_CASE("the port stands for its placeholder, and a doubled dollar for the literal", "[base]") {
  struct Row {
    std::string text;
    std::string expected;
  };
  const Row row = GENERATE(values<Row>({
      {"", ""},
      {"server --port 1", "server --port 1"},
      {"${PORT}", "5800"},
      {"a ${PORT} b ${PORT}", "a 5800 b 5800"},
      {"${PORT}${PORT}", "58005800"},
      {"$${PORT}", "${PORT}"},
      {"${PORT}$${PORT}${PORT}", "5800${PORT}5800"},
      {"$$${PORT}", "$${PORT}"},
      {"${PORT", "${PORT"},
      {"$PORT {PORT} ${port} ${PID}", "$PORT {PORT} ${port} ${PID}"},
  }));
  CHECK(with_port(row.text, 5800) == row.expected);
}

TEST_CASE("port and process id are filled in either order", "[base]") {
  const std::string text = "kill ${PID} $${PID} ${PORT} $${PORT}";
  CHECK(with_pid(with_port(text, 1), 2) == "kill 2 ${PID} 1 ${PORT}");
  CHECK(with_port(with_pid(text, 2), 1) == "kill 2 ${PID} 1 ${PORT}");
}

TEST_CASE("a literal is no placeholder", "[base]") {
  CHECK(find_placeholder("$${PORT}", PortPlaceholder) == std::string::npos);
  CHECK(find_placeholder("$${PORT} ${PORT}", PortPlaceholder) == 9);
  CHECK(find_placeholder("${PORT} ${PORT}", PortPlaceholder, 1) == 8);
}

TEST_CASE("a model's address has the port of its config", "[base]") {
  ModelConfig model;
  model.proxy = "http://h:${PORT}/x";
  model.port = 80;
  CHECK(proxy_url(model) == "http://h:80/x");
}

}  // namespace
}  // namespace llmsnap
