#include <nlohmann/json.hpp>

#include "catch.h"
#include "client.h"

namespace llmsnap::api {
namespace {

using nlohmann::json;
using test::Client;
using test::NamedValues;

const std::string Chat = "/v1/chat/completions";

std::string sent_field(const test::SentRequest& sent, std::string_view name) {
  for (const auto& [field_name, value] : sent.fields) {
    if (wire::same_name(field_name, name)) {
      return value;
    }
  }
  return {};
}

TEST_CASE("a body goes to the model that it names, byte for byte", "[api]") {
  const std::string model = GENERATE("m", "other", "org/name", "org\\/n\\u0061me");
  const auto body = R"( { "temperature": 1e2, "model" : ")" + model + R"(", "n": 1.10 } )";
  Client client;
  client.pool.answer.pieces = {"one", "two"};
  client.pool.answer.fields = {{"Content-Type", "application/json"}, {"X-Engine", "e"}};
  const auto reply = client.post(Chat + "?a=b", body);
  CHECK(reply.status == 200);
  CHECK(reply.body == "onetwo");
  CHECK(reply.length == 6);
  CHECK(reply.field("X-Engine") == "e");
  REQUIRE(client.pool.sent.size() == 1);
  CHECK(client.pool.sent[0].method == "POST");
  CHECK(client.pool.sent[0].target == Chat + "?a=b");
  CHECK(client.pool.sent[0].body == body);
  CHECK(reply.record.model == (model.starts_with("org") ? "org/name" : "m"));
  CHECK(reply.record.source == Source::Local);
  CHECK(reply.record.response_bytes == 6);
  CHECK(reply.record.response_content_type == "application/json");
}

TEST_CASE("the paths without /v1 lose what the model's server does not know", "[api]") {
  struct Row {
    std::string path;
    std::string target;
  };
  const auto row = GENERATE(Row{"/v/chat/completions", "/chat/completions"},
                            Row{"/v/messages/count_tokens?x=/v", "/messages/count_tokens?x=/v"},
                            Row{"/audioapi/v1/tasks/run", "/v1/tasks/run"},
                            Row{"/sdapi/v1/txt2img", "/sdapi/v1/txt2img"});
  Client client;
  CHECK(client.post(row.path, R"({"model":"m"})").status == 200);
  CHECK(client.pool.sent.back().target == row.target);
}

TEST_CASE("a body that names no known model is refused", "[api]") {
  struct Row {
    std::string body;
    int status;
  };
  const auto row = GENERATE(
      Row{"", 411}, Row{"{}", 400}, Row{R"({"model":""})", 400}, Row{R"({"model":7})", 400},
      Row{R"({"model":null})", 400}, Row{R"(["model"])", 400}, Row{R"({"model":"m")", 400},
      Row{R"({"model":"m","model":"m"})", 400}, Row{R"({"model":"nobody"})", 404});
  Client client;
  INFO(row.body);
  const auto reply = client.post(Chat, row.body);
  CHECK(reply.status == row.status);
  CHECK(reply.record.outcome == Outcome::Refused);
  CHECK(json::parse(reply.body).at("error").at("message") == reply.record.error);
  CHECK(client.pool.sent.empty());
  CHECK(client.models.leases == 0);
}

TEST_CASE("credentials stop here", "[api]") {
  Config config;
  config.api_keys = {{"alice", "secret"}};
  Client client(config);
  const std::string target = GENERATE("/v1/embeddings", "/upstream/m/v1/embeddings");
  const auto reply = client.post(target, R"({"model":"m"})",
                                 {{"Authorization", "Bearer secret"}, {"x-api-key", "other"}});
  CHECK(reply.status == 200);
  REQUIRE(client.pool.sent.size() == 1);
  CHECK(sent_field(client.pool.sent[0], "Authorization").empty());
  CHECK(sent_field(client.pool.sent[0], "x-api-key").empty());
  CHECK(sent_field(client.pool.sent[0], "Via").find("llmsnapd") != std::string::npos);
}

TEST_CASE("only a trusted proxy may say for whom it speaks", "[api]") {
  struct Row {
    std::vector<std::string> trusted;
    std::string sent;
  };
  const auto row = GENERATE(Row{{}, "192.0.2.7"}, Row{{"10.0.0.0/8", "192.0.2.8"}, "192.0.2.7"},
                            Row{{"192.0.2.0/24"}, "203.0.113.9, 192.0.2.7"},
                            Row{{"192.0.2.7"}, "203.0.113.9, 192.0.2.7"});
  Config config;
  config.trusted_proxies = row.trusted;
  Client client(config);
  client.post(Chat, R"({"model":"m"})", {{"X-Forwarded-For", "203.0.113.9"}});
  CHECK(sent_field(client.pool.sent.back(), "X-Forwarded-For") == row.sent);
}

TEST_CASE("an upstream that fails is told with the reason", "[api]") {
  struct Row {
    ErrorCode code;
    int status;
  };
  const auto row =
      GENERATE(Row{ErrorCode::UpstreamFailed, 502}, Row{ErrorCode::UpstreamTimeout, 504},
               Row{ErrorCode::Unavailable, 503}, Row{ErrorCode::ClientLeft, 499});
  Client client;
  client.pool.answer.open_error = Error{row.code, "connect to 127.0.0.1:9001: refused"};
  const auto reply = client.post("/v1/messages", R"({"model":"m"})");
  CHECK(reply.status == row.status);
  CHECK(json::parse(reply.body).at("type") == "error");
  CHECK(reply.body.find("refused") != std::string::npos);
  CHECK(reply.record.outcome == (row.status == 499 ? Outcome::ClientLeft : Outcome::Refused));
  CHECK(client.models.leases == 0);
  CHECK(client.pool.open_exchanges == 0);
}

TEST_CASE("a model that may not be used now says why", "[api]") {
  Client client;
  client.models.refusal = Error{ErrorCode::ConcurrencyLimit, "too many requests for m"};
  const auto reply = client.post(Chat, R"({"model":"m"})");
  CHECK(reply.status == 429);
  CHECK(reply.has("Retry-After"));
  CHECK(client.pool.sent.empty());
}

TEST_CASE("an answer that breaks is broken for the client, never complete", "[api]") {
  Client client;
  client.pool.answer.pieces = {"half"};
  client.pool.answer.chunked = true;
  client.pool.answer.break_error = Error{ErrorCode::UpstreamFailed, "the server closed"};
  const auto reply = client.post(Chat, R"({"model":"m"})");
  CHECK(reply.status == 200);
  CHECK(reply.body == "half");
  REQUIRE(reply.broken);
  CHECK(reply.record.outcome == Outcome::UpstreamBroke);
  CHECK(reply.record.error == "m: the server closed");
  CHECK(reply.record.response_bytes == 4);
  CHECK(client.models.leases == 0);
  CHECK(client.pool.open_exchanges == 0);
}

TEST_CASE("the lease and the upstream connection live as long as the answer", "[api]") {
  Client client;
  client.pool.answer.pieces = {"x"};
  wire::RequestHead head;
  head.method = "GET";
  head.target = "/upstream/m/x";
  head.path = head.target;
  Request request{.head = head, .to_loopback = true, .pool = client.pool, .record = {}};
  {
    const auto answer = client.api.handle(request);
    CHECK(client.models.leases == 1);
    CHECK(client.pool.open_exchanges == 1);
    CHECK(answer.exchange != nullptr);
  }
  CHECK(client.models.leases == 0);
  CHECK(client.pool.open_exchanges == 0);
}

TEST_CASE("an event stream is watched for usage and not buffered by proxies", "[api]") {
  Client client;
  client.pool.answer.chunked = true;
  client.pool.answer.fields = {{"Content-Type", "text/event-stream"}, {"X-Request-Id", "theirs"}};
  client.pool.answer.pieces = {
      "data: {\"choices\":[]}\n\n",
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}\n\n",
      "data: [DONE]\n\n"};
  const auto reply = client.post(Chat, R"({"model":"m","stream":true})",
                                 {{"TE", "trailers"}, {"Connection", "TE"}});
  CHECK(reply.field("X-Accel-Buffering") == "no");
  CHECK(reply.field("X-Request-Id") == reply.record.id);
  CHECK_FALSE(reply.length);
  CHECK(reply.pass_trailers);
  CHECK(reply.record.streamed);
  CHECK(reply.record.usage.input_tokens == 3);
  CHECK(reply.record.usage.output_tokens == 5);
}

TEST_CASE("under /upstream a model's server sees the rest of the path as it was sent", "[api]") {
  struct Row {
    std::string target;
    std::string sent;
  };
  const auto row =
      GENERATE(Row{"/upstream/m/", "/"}, Row{"/upstream/m/a%2Fb?c=%2f", "/a%2Fb?c=%2f"},
               Row{"/upstream/org/name/x", "/x"}, Row{"/upstream/org%2Fname/x", "/x"},
               Row{"/upstream/other//x", "//x"});
  Client client;
  const std::string method = GENERATE("GET", "DELETE", "PATCH");
  const auto reply = client.send({.method = method, .target = row.target});
  CHECK(reply.status == 200);
  REQUIRE(client.pool.sent.size() == 1);
  CHECK(client.pool.sent[0].method == method);
  CHECK(client.pool.sent[0].target == row.sent);
  CHECK(reply.record.source == Source::Passthrough);
}

TEST_CASE("a path that is ignored is refused where the model is not ready", "[api]") {
  struct Row {
    const char* target;
    int status;
  };
  const auto row =
      GENERATE(Row{"/upstream/org/name/app.js", 409}, Row{"/upstream/org/name/app.js?a=b", 409},
               Row{"/upstream/org/name/%61pp%2ejs", 409}, Row{"/upstream/org/name/app?a=b.js", 200},
               Row{"/upstream/org/name/", 200}, Row{"/upstream/m/app.js", 200});
  Client client;
  const auto reply = client.get(row.target);
  INFO(row.target);
  CHECK(reply.status == row.status);
  if (row.status == 409) {
    CHECK(reply.body.find("model org/name is not loaded; path matches upstream.ignorePaths") !=
          std::string::npos);
    CHECK(client.pool.sent.empty());
  }
}

TEST_CASE("a bare /upstream/<model> leads to its root", "[api]") {
  struct Row {
    std::string method;
    int status;
  };
  const auto row = GENERATE(Row{"GET", 301}, Row{"HEAD", 301}, Row{"POST", 308});
  Client client;
  const auto reply = client.send({.method = row.method, .target = "/upstream/org%2Fname?a=b"});
  CHECK(reply.status == row.status);
  CHECK(reply.field("Location") == "/upstream/org%2Fname/?a=b");
  CHECK(client.pool.sent.empty());
}

TEST_CASE("cookies of a model's server pass under /upstream only", "[api]") {
  Client client;
  client.pool.answer.fields = {{"Set-Cookie", "a=b"}};
  CHECK(client.get("/upstream/m/", {{"Cookie", "c=d"}}).field("Set-Cookie") == "a=b");
  CHECK(sent_field(client.pool.sent.back(), "Cookie") == "c=d");
  CHECK_FALSE(client.post(Chat, R"({"model":"m"})", {{"Cookie", "c=d"}}).has("Set-Cookie"));
  CHECK(sent_field(client.pool.sent.back(), "Cookie").empty());
}

TEST_CASE("an upgrade is passed on under /upstream only", "[api]") {
  const NamedValues upgrade = {{"Connection", "Upgrade"}, {"Upgrade", "websocket"}};
  Client client;
  SECTION("and a 101 hands the connection over") {
    client.pool.answer.status = 101;
    client.pool.answer.fields = {
        {"Connection", "upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Accept", "s"}};
    const auto reply = client.get("/upstream/m/socket", upgrade);
    CHECK(client.pool.sent.back().upgrade == "websocket");
    CHECK(reply.status == 101);
    CHECK(reply.switched);
    CHECK(reply.field("Upgrade") == "websocket");
    CHECK(reply.field("Sec-WebSocket-Accept") == "s");
    CHECK_FALSE(reply.has("Connection"));
  }
  SECTION("also from a list of protocols, of which only that one is passed on") {
    client.get("/upstream/m/socket", {{"Connection", "Upgrade"}, {"Upgrade", "h2c, WebSocket"}});
    CHECK(client.pool.sent.back().upgrade == "websocket");
    client.get("/upstream/m/socket", {{"Connection", "Upgrade"}, {"Upgrade", "h2c, websockets"}});
    CHECK(client.pool.sent.back().upgrade.empty());
  }
  SECTION("and another answer is an answer") {
    client.pool.answer.status = 403;
    const auto reply = client.get("/upstream/m/socket", upgrade);
    CHECK(reply.status == 403);
    CHECK_FALSE(reply.switched);
  }
  SECTION("not on an inference route") {
    client.post(Chat, R"({"model":"m"})", upgrade);
    CHECK(client.pool.sent.back().upgrade.empty());
  }
}

TEST_CASE("a custom rule may send a request elsewhere or refuse it", "[api]") {
  Client client;
  client.router.add_rule(
      "auto", [](const RouteRequest& request, const RouteView&) -> RouteDecision {
        if (request.model() == "auto") {
          return use_model("org/name");
        }
        return request.model() == "no" ? refuse_route(ErrorCode::Forbidden, "not now")
                                       : no_opinion();
      });
  CHECK(client.post(Chat, R"({"model":"auto"})").record.model == "org/name");
  const auto refused = client.post(Chat, R"({"model":"no"})");
  CHECK(refused.status == 403);
  CHECK(refused.record.error == "not now");
}

TEST_CASE("every kind of question reaches its model on its own path and is metered", "[api][A6]") {
  const std::string path =
      GENERATE("/v1/responses", "/v1/completions", "/v1/messages", "/v1/messages/count_tokens",
               "/v1/embeddings", "/reranking", "/rerank", "/v1/rerank", "/v1/reranking", "/infill",
               "/completion", "/v1/audio/speech", "/v1/audio/voices", "/v1/images/generations",
               "/sdapi/v1/img2img");
  INFO(path);
  Client client;
  const auto reply = client.post(path, R"({"model":"m","n":1})");
  CHECK(reply.status == 200);
  REQUIRE(client.pool.sent.size() == 1);
  CHECK(client.pool.sent[0].target == path);
  CHECK(client.pool.sent[0].body == R"({"model":"m","n":1})");
  CHECK(reply.record.model == "m");
  CHECK(reply.record.metered);
}

}  // namespace
}  // namespace llmsnap::api
