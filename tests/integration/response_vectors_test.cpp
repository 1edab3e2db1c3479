// Every answer of tests/data/*http-response-vectors.json gets its expected treatment, through the
// whole gateway.
#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "support/latin1.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;
using nlohmann::json;

namespace {

std::string treatment(const json& vector, const ReceivedAnswer& answer) {
  const std::string expected = vector["expect"];
  if (expected == "bad_gateway") {
    return answer.status == 502 ? "ok" : "status " + std::to_string(answer.status);
  }
  if (expected == "abort") {
    return answer.status == 502 || !answer.complete ? "ok" : "taken for complete";
  }
  if (answer.status >= 500 || !answer.complete) {
    return "not forwarded: status " + std::to_string(answer.status);
  }
  if (vector.contains("body") && answer.body != bytes_of(vector["body"])) {
    return "another body: " + answer.body;
  }
  const std::string then = vector.value("then", "");
  if (then == "verbatim" && answer.field("x-a") != bytes_of(vector["value"])) {
    return "X-A is " + answer.field("x-a");
  }
  if (then == "no-hop-by-hop") {
    for (const char* name : {"x-hop", "keep-alive", "proxy-authenticate", "upgrade"}) {
      if (answer.field(name) != "(none)") {
        return std::string(name) + " was passed on";
      }
    }
  }
  return "ok";
}

}  // namespace

TEST_CASE("every response vector gets its expected treatment", "[vectors]") {
  const std::string file_name =
      GENERATE("http-response-vectors.json", "more-http-response-vectors.json");
  std::ifstream file(LLMSNAP_SOURCE_DIR "/tests/data/" + file_name);
  const json vectors = json::parse(file);
  REQUIRE(vectors.size() >= 35);
  std::vector<std::string> answers;
  for (const json& vector : vectors) {
    answers.push_back(bytes_of(vector["response"]));
  }
  // The path says which answer is wanted.
  ScriptedUpstream upstream(
      [&answers](TestSocket& client, const std::string& head, const std::string&) {
        client.send(answers.at(std::stoul(head.substr(head.find(" /") + 2))));
        return false;
      });
  TestGateway gateway(config_for(upstream.url()));
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    const json& vector = vectors[i];
    const std::string method = vector.value("method", "GET");
    const ReceivedAnswer answer = exchange(
        gateway.port(),
        method + " /upstream/m/" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
        method == "HEAD");
    INFO(vector["name"].get<std::string>());
    CHECK(treatment(vector, answer) == "ok");
  }
}
