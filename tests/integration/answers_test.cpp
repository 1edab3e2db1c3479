// What leaves the gateway, row by row: framing, connection, Date, for every kind of upstream
// answer.
#include "catch.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

/// The answer to a chat request whose upstream answers with these bytes and closes.
ReceivedAnswer relayed(std::string upstream_answer, std::string_view request = {}) {
  ScriptedUpstream upstream([&](TestSocket& client, const std::string&, const std::string&) {
    client.send(upstream_answer);
    return false;
  });
  TestGateway gateway(config_for(upstream.url()));
  return exchange(gateway.port(), request.empty() ? chat_request() : std::string(request));
}

}  // namespace

TEST_CASE("a body of known length leaves with that length and the connection stays open",
          "[answers]") {
  ScriptedUpstream upstream(always(plain_answer("hello", "text/plain")));
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  for (int i = 0; i < 3; ++i) {
    client.send(chat_request());
    const ReceivedAnswer answer = receive_answer(client);
    CHECK(answer.status == 200);
    CHECK(answer.body == "hello");
    CHECK(answer.field("content-length") == "5");
    CHECK(answer.field("transfer-encoding") == "(none)");
    CHECK(answer.field("connection") == "(none)");
    CHECK(answer.field("date").size() == 29);
    CHECK(answer.field("x-request-id") != "(none)");
  }
  CHECK(upstream.connections() == 1);
}

TEST_CASE("a body of length 0 leaves with length 0", "[answers]") {
  const ReceivedAnswer answer = relayed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK(answer.complete);
  CHECK(answer.field("content-length") == "0");
  CHECK(answer.body.empty());
}

TEST_CASE("a chunked answer stays chunked, piece by piece", "[answers]") {
  const ReceivedAnswer answer = relayed(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  CHECK(answer.complete);
  CHECK(answer.field("transfer-encoding") == "chunked");
  CHECK(answer.body == "abcde");
}

TEST_CASE("an answer that its server ends by closing leaves chunked and complete", "[answers]") {
  const ReceivedAnswer answer =
      relayed("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end");
  CHECK(answer.complete);
  CHECK(answer.field("transfer-encoding") == "chunked");
  CHECK(answer.body == "until the end");
}

TEST_CASE("204 and 304 leave without body and without Content-Length", "[answers]") {
  const std::string status = GENERATE("204 No Content", "304 Not Modified");
  const ReceivedAnswer answer = relayed("HTTP/1.1 " + status + "\r\n\r\n");
  CHECK(answer.status == std::stoi(status));
  CHECK(answer.field("content-length") == "(none)");
  CHECK(answer.field("transfer-encoding") == "(none)");
}

TEST_CASE("HEAD gets the length that GET would have, and no body", "[answers]") {
  ScriptedUpstream upstream(always("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"));
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  for (int i = 0; i < 2; ++i) {
    client.send("HEAD /upstream/m/file HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const ReceivedAnswer answer = receive_answer(client, true);
    CHECK(answer.status == 200);
    CHECK(answer.field("content-length") == "1234");
  }
  CHECK(upstream.received().size() == 2);
}

TEST_CASE("a status that nobody knows is passed on with its reason", "[answers]") {
  const ReceivedAnswer answer = relayed("HTTP/1.1 299 Nearly Fine\r\nContent-Length: 2\r\n\r\nok");
  CHECK(answer.head.substr(0, 25) == "HTTP/1.1 299 Nearly Fine\r");
  CHECK(answer.body == "ok");
}

TEST_CASE("trailers reach a client that asked for them and no other", "[answers]") {
  const bool asks = GENERATE(true, false);
  const ReceivedAnswer answer = relayed(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n",
      chat_request(R"({"model":"m"})", asks ? "TE: trailers\r\nConnection: TE\r\n" : ""));
  CHECK(answer.complete);
  CHECK(answer.trailers == (asks ? "X-Sum: 7\r\n" : ""));
}

TEST_CASE("a body shorter than announced leaves broken, never complete", "[answers]") {
  const ReceivedAnswer answer = relayed("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
  CHECK(answer.status == 200);
  CHECK_FALSE(answer.complete);
}

TEST_CASE("an upstream that dies in a stream leaves the client's stream unended", "[answers]") {
  const ReceivedAnswer answer = relayed(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
      "e\r\ndata: {\"a\":1}\n\r\n");
  CHECK(answer.status == 200);
  CHECK_FALSE(answer.complete);
}

TEST_CASE("an HTTP/1.0 client gets a length, or a close, and never chunks", "[answers]") {
  const ReceivedAnswer answer =
      relayed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
              "GET /upstream/m/x HTTP/1.0\r\n\r\n");
  CHECK(answer.field("transfer-encoding") == "(none)");
  CHECK(answer.field("connection") == "close");
  CHECK(answer.body == "abc");
}

TEST_CASE("a broken answer to an HTTP/1.0 client ends with a reset, not like a complete one",
          "[answers]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string&) {
    client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    return false;
  });
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send("GET /upstream/m/x HTTP/1.0\r\n\r\n");
  client.receive_all();
  CHECK(client.was_reset());
  const std::vector<TrafficRecord> records = gateway.wait_for_records(1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].outcome == Outcome::UpstreamBroke);
}

TEST_CASE("100 Continue is sent by us when the body is wanted, and never passed on", "[answers]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
      "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n");
  CHECK(client.receive_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(R"({"model":"m"})");
  CHECK(receive_answer(client).status == 200);
  REQUIRE(upstream.received().size() == 1);
  CHECK(upstream.received()[0].find("Expect") == std::string::npos);
}

TEST_CASE("a client that expects 100 is refused without it when the head alone decides",
          "[answers]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.api_keys = {{"one", "secret"}};
  TestGateway gateway(std::move(config));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
      "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n");
  const std::string all = client.receive_all();
  CHECK(all.substr(0, 12) == "HTTP/1.1 401");
  CHECK(upstream.received().empty());
}

TEST_CASE("pipelined requests are answered in their order", "[answers]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string& body) {
    return client.send(plain_answer(body));
  });
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    requests += chat_request(R"({"model":"m","i":)" + std::to_string(i) + "}");
  }
  client.send(requests);
  for (int i = 0; i < 20; ++i) {
    CHECK(receive_answer(client).body == R"({"model":"m","i":)" + std::to_string(i) + "}");
  }
}

TEST_CASE("an upstream that breaks before its head is a 502 that says why", "[answers]") {
  const ReceivedAnswer answer = relayed("");
  CHECK(answer.status == 502);
  CHECK(answer.body.find("\"message\"") != std::string::npos);
  CHECK(answer.complete);
}
