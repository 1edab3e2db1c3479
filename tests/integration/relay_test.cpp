// What reaches a model, and how its answers come back: headers, bodies, records, tunnels.
#include "catch.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

/// What the upstream received for this request.
std::string forwarded(Config config, ScriptedUpstream& upstream, std::string_view request) {
  TestGateway gateway(std::move(config));
  exchange(gateway.port(), request);
  REQUIRE(upstream.received().size() == 1);
  return upstream.received()[0];
}

bool has_line(const std::string& head, const std::string& line) {
  return head.find("\r\n" + line + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a request reaches the model with its end-to-end fields only, and with ours", "[relay]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  const std::string got = forwarded(
      config_for(upstream.url()), upstream,
      chat_request(
          R"({"model":"m"})",
          "X-Custom: a%0d%0ab  c\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\n"
          "Proxy-Connection: x\r\nX-Forwarded-For: 1.2.3.4\r\nCookie: a=b\r\n"));
  CHECK(got.substr(0, got.find('\r')) == "POST /v1/chat/completions HTTP/1.1");
  CHECK(has_line(got, "Host: localhost"));
  CHECK(has_line(got, "X-Custom: a%0d%0ab  c"));
  CHECK(has_line(got, "X-Forwarded-For: 127.0.0.1"));
  CHECK(got.find("\r\nVia: 1.1 llmsnapd (") != std::string::npos);
  CHECK(has_line(got, "Content-Length: 13"));
  for (const char* gone :
       {"X-Hop", "TE:", "Proxy-Connection", "1.2.3.4", "Cookie", "REMOTE_", "LOCAL_"}) {
    INFO(gone);
    CHECK(got.find(gone) == std::string::npos);
  }
}

TEST_CASE("keys are checked, removed, and never reach a model", "[relay]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.api_keys = {{"one", "secret-key"}};
  TestGateway gateway(std::move(config));
  CHECK(exchange(gateway.port(), chat_request()).status == 401);
  CHECK(
      exchange(gateway.port(), chat_request(R"({"model":"m"})", "Authorization: Bearer wrong\r\n"))
          .status == 401);
  for (const char* field :
       {"Authorization: Bearer secret-key\r\n", "authorization: bearer secret-key\r\n",
        "x-api-key: secret-key\r\n", "Authorization: Basic dTpzZWNyZXQta2V5\r\n"}) {
    CHECK(exchange(gateway.port(), chat_request(R"({"model":"m"})", field)).status == 200);
  }
  for (const std::string& received : upstream.received()) {
    CHECK(received.find("secret") == std::string::npos);
    CHECK(received.find("uthorization") == std::string::npos);
  }
  for (const std::string& line : gateway.log_lines()) {
    CHECK(line.find("secret") == std::string::npos);
  }
}

TEST_CASE("a body arrives byte for byte, whatever its numbers look like", "[relay]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  const std::string body =
      "{ \"model\" : \"m\",\"seed\":12345678901234567890123, "
      "\"t\":1e2,\"x\":1e400,\"s\":\"\\u00e9\\/\" }";
  const std::string got = forwarded(config_for(upstream.url()), upstream, chat_request(body));
  CHECK(got.substr(got.find("\r\n\r\n") + 4) == body);
}

TEST_CASE("useModelName changes the bytes of the model's name and no others", "[relay]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.models.at("m").use_model_name = "org/real \"name\"";
  config.models.at("m").aliases = {"nick"};
  const std::string got = forwarded(std::move(config), upstream,
                                    chat_request("{\"a\":1e2, \"model\" : \"nick\" ,\"b\":[ ]}"));
  CHECK(got.substr(got.find("\r\n\r\n") + 4) ==
        "{\"a\":1e2, \"model\" : \"org/real \\\"name\\\"\" ,\"b\":[ ]}");
}

TEST_CASE("a chunked upload is stored until it is whole and leaves with its length", "[relay]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(
      "POST /upstream/m/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
      "application/octet-stream\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  const std::string block(256 * 1024, 'z');
  for (int i = 0; i < 12; ++i) {
    client.send("40000\r\n" + block + "\r\n");
  }
  CHECK(upstream.received().empty());
  client.send("0\r\n\r\n");
  CHECK(receive_answer(client).status == 200);
  REQUIRE(upstream.received().size() == 1);
  CHECK(has_line(upstream.received()[0], "Content-Length: " + std::to_string(12 * block.size())));
}

TEST_CASE("the access line ends with the model's id and with that of the answer", "[relay]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.models["m"].aliases = {"other"};
  TestGateway gateway(config);
  const std::string model = GENERATE("other", "nobody");
  const ReceivedAnswer answer =
      exchange(gateway.port(), chat_request(R"({"model":")" + model + R"("})"));
  REQUIRE(gateway.wait_for_line("Request "));
  const std::string named = model == "other" ? "\"m\"" : "\"-\"";
  CHECK(gateway.log_lines().back().ends_with(" " + named + " " + answer.field("x-request-id")));
}

TEST_CASE("a record knows what a stream cost", "[relay]") {
  const std::string stream =
      "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n"
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5}}\n\ndata: "
      "[DONE]\n\n";
  ScriptedUpstream upstream(always(plain_answer(stream, "text/event-stream")));
  TestGateway gateway(config_for(upstream.url()));
  const ReceivedAnswer answer = exchange(
      gateway.port(),
      chat_request(R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})",
                   "X-Request-Id: my-id\r\n"));
  CHECK(answer.body == stream);
  CHECK(answer.field("x-accel-buffering") == "no");
  CHECK(answer.field("x-request-id") == "my-id");
  const auto records = gateway.wait_for_records(1);
  REQUIRE(records.size() == 1);
  const TrafficRecord& record = records[0];
  CHECK(record.id == "my-id");
  CHECK(record.model == "m");
  CHECK(record.streamed);
  CHECK(record.outcome == Outcome::Complete);
  CHECK(record.usage.input_tokens == 7);
  CHECK(record.usage.output_tokens == 5);
  CHECK(record.response_bytes == stream.size());
  CHECK(record.first_byte >= record.received);
  CHECK(record.finished >= record.first_byte);
  const ModelMetrics metrics = gateway.gateway().metrics().models().at("m");
  CHECK(metrics.requests == 1);
  CHECK(metrics.output_tokens == 5);
}

TEST_CASE("a WebSocket is tunnelled both ways until one side closes", "[relay]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string&) {
    client.send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\n\r\nearly");
    const std::string got = client.receive_until("ping");
    client.send("pong to " + got);
    return false;
  });
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(
      "GET /upstream/m/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: "
      "websocket\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  const ReceivedAnswer answer = receive_answer(client);
  CHECK(answer.status == 101);
  CHECK(answer.field("upgrade") == "websocket");
  CHECK(client.receive_until("early") == "early");
  client.send("ping");
  CHECK(client.receive_all() == "pong to ping");
  REQUIRE(upstream.received().size() == 1);
  CHECK(has_line(upstream.received()[0], "Upgrade: websocket"));
}

TEST_CASE("Set-Cookie and cookies pass on /upstream only, origin-wide orders never", "[relay]") {
  ScriptedUpstream upstream(
      always("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nStrict-Transport-Security: x\r\n"
             "Clear-Site-Data: *\r\nContent-Length: 2\r\n\r\n{}"));
  TestGateway gateway(config_for(upstream.url()));
  const ReceivedAnswer inference = exchange(gateway.port(), chat_request());
  CHECK(inference.field("set-cookie") == "(none)");
  const ReceivedAnswer page = exchange(
      gateway.port(), "GET /upstream/m/page HTTP/1.1\r\nHost: localhost\r\nCookie: c=d\r\n\r\n");
  CHECK(page.field("set-cookie") == "a=b");
  CHECK(page.field("strict-transport-security") == "(none)");
  CHECK(page.field("clear-site-data") == "(none)");
  CHECK(has_line(upstream.received()[1], "Cookie: c=d"));
}

TEST_CASE("a kept connection that was closed meanwhile is replaced without the client noticing",
          "[relay]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string&) {
    client.send(plain_answer("{}"));
    return false;  // closes although keep-alive was promised
  });
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  for (int i = 0; i < 20; ++i) {
    client.send(chat_request());
    CHECK(receive_answer(client).status == 200);
  }
}

TEST_CASE("a model whose server does not run is a 502 that names the address", "[relay]") {
  std::uint16_t port = 0;
  {
    ScriptedUpstream gone(always(""));
    port = gone.port();
  }
  TestGateway gateway(config_for("http://127.0.0.1:" + std::to_string(port)));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 502);
  CHECK(answer.body.find(std::to_string(port)) != std::string::npos);
}
