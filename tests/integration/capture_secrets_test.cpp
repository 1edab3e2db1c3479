// Captures and rows hold no secret, whatever the way on which it came.
#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "support/captured.h"
#include "support/coded_text.h"
#include "support/contains.h"
#include "support/scripted_upstream.h"
#include "support/unbase64.h"

using namespace llmsnap;
using namespace llmsnap::test;
using Json = nlohmann::json;

namespace {

std::string coded_answer(const std::string& fields, const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Config with_own_key(const std::string& url) {
  Config config = config_for(url);
  config.models.at("m").api_key = "canary-own-key";
  return config;
}

}  // namespace

TEST_CASE("a replay shows neither secrets nor the key of the model's server", "[captures]") {
  ScriptedUpstream upstream(
      always("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Api-Key: canary\r\n"
             "Content-Length: 46\r\n\r\n{\"api_key\":\"canary\",\"said\":\"canary-own-key\"}  "));
  TestGateway gateway(with_own_key(upstream.url()));
  exchange(gateway.port(), chat_request());
  captured(gateway);
  const auto answer = replay(gateway);
  const Json second = Json::parse(answer.body).at("replay");
  CHECK(second.at("resp_headers").at("X-Api-Key") == "[REDACTED]");
  CHECK(unbase64(second.at("resp_body")) == R"({"api_key":"[REDACTED]","said":"***"}  )");
  CHECK(contains(unbase64(second.at("req_body")), R"("model":"m")"));
  CHECK_FALSE(contains(answer.body, "canary"));
}

TEST_CASE("a wish for a replay that says something else than a model is refused", "[captures]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  exchange(gateway.port(), chat_request());
  captured(gateway);
  const auto answer = replay(gateway, 1, R"({"modle":"m"})");
  CHECK(answer.status == 400);
  CHECK(upstream.received().size() == 1);
}

TEST_CASE("an answer whose coding cannot be seen through is captured without its body",
          "[captures]") {
  const std::string twice = gzip_coded(gzip_coded(R"({"api_key":"canary"})"));
  const std::string fields =
      GENERATE(values<std::string>({"Content-Encoding: gzip, gzip\r\n", "Content-Encoding: own\r\n",
                                    "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n",
                                    "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"}));
  ScriptedUpstream upstream(always(coded_answer(fields, twice)));
  TestGateway gateway(config_for(upstream.url()));
  CHECK((exchange(gateway.port(), chat_request()).body == twice));
  const Json kept = captured(gateway);
  CHECK(kept.at("resp_body") == "");
  CHECK(kept.at("status") == 200);
}

TEST_CASE("of a server with a key a coded answer is captured without its body", "[captures]") {
  ScriptedUpstream upstream(always(
      coded_answer("Content-Encoding: gzip\r\n", gzip_coded(R"({"said":"canary-own-key"})"))));
  TestGateway gateway(with_own_key(upstream.url()));
  exchange(gateway.port(), chat_request());
  const Json kept = captured(gateway);
  CHECK(kept.at("resp_body") == "");
  CHECK(kept.at("resp_size") > 0);
}

TEST_CASE("where a captured answer is cut no half of the server's key stays", "[captures]") {
  const std::size_t most = std::size_t{1} << 20;
  ScriptedUpstream upstream(
      always(plain_answer(std::string(most - 7, ' ') + "canary-own-key and more")));
  TestGateway gateway(with_own_key(upstream.url()));
  exchange(gateway.port(), chat_request());
  const std::string kept = unbase64(captured(gateway).at("resp_body"));
  CHECK(contains(kept, "***"));
  CHECK_FALSE(contains(kept, "canary"));
}

TEST_CASE("where an answer breaks off no half of the server's key stays, nor in its head",
          "[captures]") {
  ScriptedUpstream upstream([](TestSocket& server, const std::string&, const std::string&) {
    server.send(
        "HTTP/1.1 200 OK\r\nX-Debug: canary-own-key\r\nContent-Length: 50\r\n\r\nsaid canary-ow");
    return false;
  });
  TestGateway gateway(with_own_key(upstream.url()));
  exchange(gateway.port(), chat_request());
  const Json kept = captured(gateway);
  CHECK(unbase64(kept.at("resp_body")) == "said ***");
  CHECK(kept.at("resp_headers").at("X-Debug") == "***");
}

TEST_CASE("a body under /upstream that is no JSON is not captured", "[captures]") {
  const std::string body = GENERATE(values<std::string>(
      {"password=canary", "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\ncanary",
       "api_key=canary", "[db]\npassword=canary", "{password: canary}",
       std::string("{\0\"\0c\0a\0n\0a\0r\0y\0", 16)}));
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  exchange(gateway.port(),
           "POST /upstream/m/v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
           "Content-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body);
  const Json kept = captured(gateway);
  CHECK(kept.at("req_body") == "");
  CHECK(kept.at("req_size") == body.size());
}

TEST_CASE("what a server says of its error is recorded without secrets", "[activity]") {
  const std::string body =
      R"({"error":{"message":"x {\"api_key\":\"canary\"} https://u:canary@h/?api_key=canary"}})";
  ScriptedUpstream upstream(
      always("HTTP/1.1 500 Broken\r\nContent-Type: application/json\r\nContent-Length: " +
             std::to_string(body.size()) + "\r\n\r\n" + body));
  TestGateway gateway(config_for(upstream.url()));
  exchange(gateway.port(), chat_request());
  const std::string rows = gateway.wait_for_records(1).at(0).server_error;
  CHECK(contains(rows, "x {"));
  CHECK_FALSE(contains(rows, "canary"));
}
