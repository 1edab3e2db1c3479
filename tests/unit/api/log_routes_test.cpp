#include <string>

#include "api/log_stream.h"
#include "catch.h"
#include "client.h"

namespace llmsnap::api::test {
namespace {

void print(OutputLog& log, std::string_view text) {
  log.append(text, SteadyClock::now());
}

TEST_CASE("the log that is shown is the combined one, as plain text", "[logs]") {
  Client client;
  print(client.logs.gateway, "ours\n");
  print(client.logs.combined, "shown\n");
  const Reply reply = client.get("/logs");
  CHECK(reply.status == 200);
  CHECK(reply.field("Content-Type") == "text/plain; charset=utf-8");
  CHECK(reply.body == "shown\n");
}

TEST_CASE("a stream of a log is not to be buffered, guessed at or measured", "[logs]") {
  const std::string path = GENERATE("/logs/stream", "/logs/stream/proxy", "/logs/stream/upstream");
  Client client;
  const Reply reply = client.send({.method = "HEAD", .target = path});
  CHECK(reply.status == 200);
  CHECK(reply.field("X-Accel-Buffering") == "no");
  CHECK(reply.field("X-Content-Type-Options") == "nosniff");
  CHECK_FALSE(reply.length);
}

TEST_CASE("a model's log is found by id, alias and escaped name, whatever follows it", "[logs]") {
  const std::string name = GENERATE("m", "other", "m/anything/else", "org/name", "org%2Fname");
  Client client;
  client.models.outputs["m"] = std::make_shared<OutputLog>();
  client.models.outputs["org/name"] = std::make_shared<OutputLog>();
  CHECK(client.send({.method = "HEAD", .target = "/logs/stream/" + name}).status == 200);
}

TEST_CASE("a log that nobody has is refused with the names there are", "[logs]") {
  Client client;
  const Reply unknown = client.get("/logs/stream/nobody");
  CHECK(unknown.status == 400);
  CHECK(unknown.body.find("invalid logger. Use 'proxy', 'upstream' or a model's ID") !=
        std::string::npos);
  const Reply foreign = client.get("/logs/stream/m");
  CHECK(foreign.status == 404);
  CHECK(foreign.body.find("m: it has no cmd") != std::string::npos);
}

TEST_CASE("a reader that was too slow is told how much it has missed", "[logs][N6]") {
  OutputLog::Limits limits;
  limits.ring_bytes = 4096;
  limits.line_bytes = 1000;
  const auto log = std::make_shared<OutputLog>(limits);
  print(*log, "first\n");
  LogStream stream(log, 0, LineFilter(std::nullopt, ""), nullptr);
  const auto first = stream.pull();
  REQUIRE(first);
  CHECK(*first == "first\n");
  const std::uint64_t read = log->end();
  for (int count = 0; count < 100; ++count) {
    print(*log, std::string(99, 'x') + "\n");
  }
  const std::string kept = log->snapshot();
  const std::uint64_t missed = log->end() - read - kept.size();
  const auto late = stream.pull();
  REQUIRE(late);
  CHECK(*late == "\n[" + std::to_string(missed) + " bytes were not read in time]\n" + kept);
}

}  // namespace
}  // namespace llmsnap::api::test
