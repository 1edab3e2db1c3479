// The routes of the gateway itself, and hostile paths and bodies on every one of them.
#include <nlohmann/json.hpp>

#include "api/route_table.h"
#include "catch.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;
using nlohmann::json;

namespace {

std::string get(const std::string& target, const std::string& host = "localhost") {
  return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
}

std::string message_of(const ReceivedAnswer& answer) {
  return json::parse(answer.body)["error"]["message"];
}

}  // namespace

TEST_CASE("models are listed with names and without unlisted ones, but those are served",
          "[routes]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.models.at("m").name = "The Model";
  config.models["org/hidden"] = config.models.at("m");
  config.models["org/hidden"].id = "org/hidden";
  config.models["org/hidden"].unlisted = true;
  TestGateway gateway(std::move(config));
  const json list = json::parse(exchange(gateway.port(), get("/v1/models")).body);
  REQUIRE(list["data"].size() == 1);
  CHECK(list["data"][0]["id"] == "m");
  CHECK(list["data"][0]["name"] == "The Model");
  CHECK(json::parse(exchange(gateway.port(), get("/v1/models/org/hidden")).body)["id"] ==
        "org/hidden");
  CHECK(exchange(gateway.port(), get("/v1/models/nobody")).status == 404);
  CHECK(exchange(gateway.port(), chat_request(R"({"model":"org/hidden"})")).status == 200);
  CHECK(exchange(gateway.port(), get("/upstream/org/hidden/a%2Fb?c=d")).status == 200);
  const std::string seen = upstream.received().back();
  CHECK(seen.substr(0, seen.find('\r')) == "GET /a%2Fb?c=d HTTP/1.1");
}

TEST_CASE("a missing model is 400, an unknown one 404, and the text says which", "[routes]") {
  TestGateway gateway(config_for("http://127.0.0.1:1"));
  CHECK(exchange(gateway.port(), chat_request("{}")).status == 400);
  const ReceivedAnswer unknown = exchange(gateway.port(), chat_request(R"({"model":"nobody"})"));
  CHECK(unknown.status == 404);
  CHECK(message_of(unknown).find("nobody") != std::string::npos);
}

TEST_CASE("JSON that two parsers could read differently is refused", "[routes]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  std::string deep =
      R"({"model":"m","tools":)" + std::string(3000, '[') + std::string(3000, ']') + "}";
  for (const std::string& body :
       {std::string(R"({"model":"m","model":"b"})"),
        std::string(R"({"mod\u0065l":"b","model":"m"})"), deep,
        std::string("[", 1) + std::string(100'000, '['),
        std::string("{\"model\":\"m\",\"x\":\"\xff\"}"), std::string("not json")}) {
    const ReceivedAnswer answer = exchange(gateway.port(), chat_request(body));
    CHECK(answer.status == 400);
  }
  CHECK(upstream.received().empty());
  CHECK(exchange(gateway.port(), chat_request("\xef\xbb\xbf{\"model\":\"m\"}")).status == 200);
}

TEST_CASE("a foreign Host is refused on loopback without keys, and the text tells the way out",
          "[routes]") {
  Config config = config_for("http://127.0.0.1:1");
  config.allowed_hosts = {"gateway.lan"};
  TestGateway gateway(std::move(config));
  const ReceivedAnswer refused = exchange(gateway.port(), get("/health", "evil.example"));
  CHECK(refused.status == 421);
  CHECK(refused.body.find("allowedHosts") != std::string::npos);
  for (const char* host : {"localhost", "127.0.0.1:1234", "[::1]", "gateway.lan"}) {
    CHECK(exchange(gateway.port(), get("/health", host)).status == 200);
  }
}

TEST_CASE("hostile paths and nesting on every route end in an answer", "[routes]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  const std::string nested =
      R"({"model":"m","x":)" + std::string(63, '[') + std::string(63, ']') + "}";
  for (const api::Route& route : api::routes()) {
    const std::string base(route.path);
    for (const std::string& filler :
         {std::string(8192, 'a'), std::string(8192, '/'), std::string("%2e%2e%2f")}) {
      const std::string target = (base + filler).substr(0, 8192);
      CHECK(exchange(gateway.port(), get(target)).complete);
    }
    const std::string post =
        "POST " + base + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
        "Content-Length: " + std::to_string(nested.size()) + "\r\n\r\n" + nested;
    CHECK(exchange(gateway.port(), post).complete);
  }
  CHECK(exchange(gateway.port(), get("/" + std::string(8200, 'a'))).status == 414);
}

TEST_CASE("bodies are refused at exactly their limit", "[routes]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.limits.json_body = 1000;
  TestGateway gateway(std::move(config));
  const auto body_of = [](std::size_t size) {
    std::string body = R"({"model":"m","x":")";
    return body + std::string(size - body.size() - 2, 'x') + "\"}";
  };
  CHECK(exchange(gateway.port(), chat_request(body_of(1000))).status == 200);
  CHECK(exchange(gateway.port(), chat_request(body_of(1001))).status == 413);
  const auto chunked = [](const std::string& body) {
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
           "application/json\r\n"
           "Transfer-Encoding: chunked\r\n\r\n1f4\r\n" +
           body.substr(0, 500) + "\r\n" + (body.size() == 1000 ? "1f4" : "1f5") + "\r\n" +
           body.substr(500) + "\r\n0\r\n\r\n";
  };
  CHECK(exchange(gateway.port(), chunked(body_of(1000))).status == 200);
  CHECK(exchange(gateway.port(), chunked(body_of(1001))).status == 413);
}

TEST_CASE("a head that drips is closed at its deadline", "[routes]") {
  Config config = config_for("http://127.0.0.1:1");
  config.limits.head_timeout = std::chrono::milliseconds(100);
  TestGateway gateway(std::move(config));
  TestSocket silent = TestSocket::connect(gateway.port());
  TestSocket dripping = TestSocket::connect(gateway.port());
  dripping.send("GET /health HTTP/1.1\r\nX: ");
  CHECK(receive_answer(dripping).status == 408);
  CHECK(silent.closes_within(std::chrono::milliseconds(Patience)));
}
