// Routes whose query names the model, and those that only the models' servers know.
#include <nlohmann/json.hpp>

#include "catch.h"
#include "client.h"

namespace llmsnap::api {
namespace {

using nlohmann::json;
using test::Client;
using test::NamedValues;

NamedValues upgrade_fields(NamedValues more = {}) {
  NamedValues fields{{"Connection", "Upgrade"}, {"Upgrade", "websocket"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

ModelConfig renamed_model() {
  ModelConfig model;
  model.id = "renamed";
  model.use_model_name = "a name/b&c";
  model.proxy = "http://127.0.0.1:9002";
  return model;
}

TEST_CASE("a query that names a model is forwarded as it is, unmetered", "[api][D2]") {
  const std::string path = GENERATE("/v1/audio/voices", "/sdapi/v1/loras", "/props", "/slots",
                                    "/metrics", "/lora-adapters");
  const std::string query = GENERATE("?model=m", "?a=%2f+b&model=other&model2=x", "?model=org/name",
                                     "?model=org%2Fname&&=&c");
  Client client;
  const auto reply = client.get(path + query);
  CHECK(reply.status == 200);
  REQUIRE(client.pool.sent.size() == 1);
  CHECK(client.pool.sent[0].method == "GET");
  CHECK(client.pool.sent[0].target == path + query);
  CHECK_FALSE(reply.record.metered);
  CHECK(reply.record.endpoint == path);
  CHECK(reply.record.source == Source::Local);
}

TEST_CASE("a query without a model is 400, with an unknown one 404", "[api][D2][A13]") {
  struct Row {
    std::string target;
    int status;
  };
  const Row row = GENERATE(Row{"/v1/audio/voices", 400}, Row{"/v1/audio/voices?", 400},
                           Row{"/slots?model=", 400}, Row{"/slots?model", 400},
                           Row{"/slots?models=m", 400}, Row{"/sdapi/v1/loras?x=1", 400},
                           Row{"/slots?model=%0a", 400}, Row{"/slots?model=m&model=m", 400},
                           Row{"/slots?model=m&mode%6c=x", 400}, Row{"/slots?model=nobody", 404},
                           Row{"/props?model=nobody", 404}, Row{"/props?model=", 400},
                           Row{"/metrics?model=", 400}, Row{"/metrics?model=nobody", 404});
  INFO(row.target);
  Client client;
  const auto reply = client.get(row.target);
  CHECK(reply.status == row.status);
  CHECK(json::parse(reply.body)["error"]["message"].get<std::string>().size() > 10);
  CHECK(client.pool.sent.empty());
}

TEST_CASE("only the model's bytes of a query change where its server has another name for it",
          "[api][B9]") {
  Client client;
  client.models.add(renamed_model());
  CHECK(client.get("/slots?x=%2F+1&model=renam%65d&y=a%20b").status == 200);
  REQUIRE(client.pool.sent.size() == 1);
  CHECK(client.pool.sent[0].target == "/slots?x=%2F+1&model=a%20name/b%26c&y=a%20b");
}

TEST_CASE("without a model /props tells of the router itself", "[api]") {
  Client client;
  const json props = json::parse(client.get("/props").body);
  CHECK(props["role"] == "router");
  CHECK(props["build_info"] == "llmsnapd 0.9-canary");
  CHECK(client.pool.sent.empty());
}

TEST_CASE("a socket on any path goes to the model that its query names", "[api]") {
  const std::string target = GENERATE("/v1/realtime?model=m", "/v1/chat/completions?model=m&a=b",
                                      "/v1/models?model=m", "/sockets/x?model=m");
  Client client;
  client.pool.answer.status = 101;
  client.pool.answer.fields = {{"Upgrade", "websocket"}};
  CHECK(client.send({.target = target, .fields = upgrade_fields()}).switched);
  REQUIRE(client.pool.sent.size() == 1);
  CHECK(client.pool.sent[0].target == target);
  CHECK(client.pool.sent[0].upgrade == "websocket");
}

TEST_CASE("a socket by query is refused to strangers and to pages of other sites", "[api][E11]") {
  Config config;
  config.api_keys = {{"alice", "secret"}};
  Client client(config);
  const std::string target = "/v1/realtime?model=m";
  CHECK(client.send({.target = target, .fields = upgrade_fields()}).status == 401);
  CHECK(client
            .send({.target = target,
                   .fields = upgrade_fields(
                       {{"x-api-key", "secret"}, {"Origin", "http://evil.example"}})})
            .status == 403);
  CHECK(client
            .send({.target = "/v1/realtime?model=nobody",
                   .fields = upgrade_fields({{"x-api-key", "secret"}})})
            .status == 404);
  CHECK(client.pool.sent.empty());
}

TEST_CASE("an upgrade that names no model, or on the gateway's own paths, is no socket", "[api]") {
  Client client;
  CHECK(client.send({.target = "/v1/realtime", .fields = upgrade_fields()}).status == 404);
  CHECK(client.send({.target = "/running?model=m", .fields = upgrade_fields()}).status == 200);
  CHECK(client.pool.sent.empty());
}

TEST_CASE("a page of another site opens no socket under /upstream, and starts no model by an image",
          "[api][E02][E11]") {
  Client client;  // of which only m is ready
  const NamedValues image{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "no-cors"}};
  CHECK(client.get("/upstream/org/name/", image).status == 403);
  CHECK(client.pool.sent.empty());
  CHECK(client.get("/upstream/m/", image).status == 200);
  const NamedValues fetched{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "cors"}};
  CHECK(client.get("/upstream/org/name/", fetched).status == 200);
  CHECK(client.get("/upstream/org/name/", {{"Sec-Fetch-Site", "none"}}).status == 200);
  client.pool.sent.clear();
  const NamedValues foreign = upgrade_fields({{"Origin", "http://evil.example"}});
  CHECK(client.send({.target = "/upstream/m/ws", .fields = foreign}).status == 403);
  CHECK(client.pool.sent.empty());
}

TEST_CASE("a URL-encoded form goes to the model that it names, renamed in place",
          "[api][B3][B11]") {
  Client client;
  client.models.add(renamed_model());
  const NamedValues type{{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  const auto sent_body = [&client] { return client.pool.sent.back().body; };
  const std::string form = "/v1/audio/transcriptions";
  const auto kept = client.post(form, "x=%2F+1&model=org%2Fname&stream=true", type);
  CHECK(kept.status == 200);
  CHECK(kept.record.streamed);
  CHECK(kept.record.metered);
  CHECK(sent_body() == "x=%2F+1&model=org%2Fname&stream=true");
  CHECK(client.post(form, "model=renamed&x=1", type).status == 200);
  CHECK(sent_body() == "model=a%20name/b%26c&x=1");
  for (const char* body : {"x=1", "model=", "model=m&model=m", "model=%"}) {
    CHECK(client.post(form, body, type).status == 400);
  }
  CHECK(client.post(form, "model=nobody", type).status == 404);
}

TEST_CASE("a POST to any other path goes to the model that its JSON names, unmetered",
          "[api][A10]") {
  const std::string target = GENERATE("/v1/chat/completions/control", "/tokenize?x=%2F",
                                      "/v1/score", "/props", "/slots/0?action=save", "/api/chat");
  Client client;
  const std::string body = R"({"model": "org/name", "x": 1e2})";
  const auto reply = client.post(target, body);
  CHECK(reply.status == 200);
  REQUIRE(client.pool.sent.size() == 1);
  CHECK(client.pool.sent[0].target == target);
  CHECK(client.pool.sent[0].body == body);
  CHECK(reply.record.model == "org/name");
  CHECK_FALSE(reply.record.metered);
}

TEST_CASE("a path that is not there stays 404 where no model of ours is named", "[api][A10]") {
  const std::string body = GENERATE(R"({"model":"nobody"})", R"({"x":1})", "not json", "[]",
                                    R"({"model":7})", R"({"model":"m","model":"m"})", "");
  Client client;
  const auto reply = client.post("/nowhere", body);
  CHECK(reply.status == 404);
  CHECK(json::parse(reply.body)["error"]["message"].get<std::string>().find("/nowhere") !=
        std::string::npos);
  CHECK(client.get("/nowhere?model=m").status == 404);
  CHECK(client.pool.sent.empty());
}

TEST_CASE("with keys a stranger's POST to a path that is not there is 401", "[api][D12]") {
  Config config;
  config.api_keys = {{"alice", "secret"}};
  Client client(config);
  CHECK(client.post("/tokenize", R"({"model":"m"})").status == 401);
  CHECK(client.pool.sent.empty());
}

TEST_CASE("upstream.sandbox takes a page's rights from what a model's server answers",
          "[api][E09]") {
  Config config;
  config.sandbox_upstream = GENERATE(true, false);
  Client client(config);
  const auto page = client.get("/upstream/m/index.html");
  CHECK(page.field("Content-Security-Policy").starts_with("sandbox ") == config.sandbox_upstream);
  CHECK(page.field("Content-Security-Policy").find("allow-same-origin") == std::string::npos);
  CHECK_FALSE(client.post("/v1/completions", R"({"model":"m"})").has("Content-Security-Policy"));
}

}  // namespace
}  // namespace llmsnap::api
