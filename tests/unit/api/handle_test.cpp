#include <map>
#include <nlohmann/json.hpp>

#include "api/handlers.h"
#include "api/route_table.h"
#include "catch.h"
#include "client.h"
#include "support/route_path.h"

namespace llmsnap::api {
namespace {

using nlohmann::json;
using test::Client;
using test::NamedValues;
using test::Reply;
using test::Sent;

Config config_with_key() {
  Config config;
  config.api_keys = {{"alice", "secret"}};
  return config;
}

std::string method_of(const Route& route) {
  return route.methods == Methods::Get ? "GET" : route.methods == Methods::Put ? "PUT" : "POST";
}

/// All routes get it: those of forms need it.
const std::pair<std::string, std::string> FormType = {"Content-Type",
                                                      "multipart/form-data; boundary=b"};

bool takes_form(const Route& route) {
  return route.handler == serve_form;
}

std::string body_of(const Route& route) {
  if (takes_form(route)) {
    return "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b--";
  }
  return route.body == BodyKind::None ? "" : R"({"model":"m","name":null})";
}

/// What it answers to who may ask: the model of /comfyui these tests do not have, and none runs.
int status_with_key(const Route& route) {
  static const std::map<std::string_view, int> Statuses = {{"/", 302},
                                                           {"/comfyui", 404},
                                                           {"/comfyui/", 404},
                                                           {"/api/captures/", 400},
                                                           {"/api/inflight/", 404},
                                                           {"/favicon.ico", 204},
                                                           {"/models/unload", 400},
                                                           {"/ui", 301},
                                                           {"/ui/sign-in", 302},
                                                           {"/upstream", 302}};
  const auto found = Statuses.find(route.path);
  return found == Statuses.end() ? 200 : found->second;
}

std::string query_of(const Route& route) {
  const bool by_query = route.handler == serve_by_query || route.handler == show_props;
  return by_query ? "?model=m" : "";
}

/// The whole rest of the path is the name of a model.
bool ends_with_model(const Route& route) {
  return route.match == Match::Prefix && route.path != "/upstream/" &&
         route.path != "/api/captures/";
}

Sent request_to(const Route& route) {
  return {.method = method_of(route),
          .target = llmsnap::test::path_with(route, ends_with_model(route) ? "m" : "m/x") +
                    query_of(route),
          .fields = {FormType},
          .body = body_of(route)};
}

TEST_CASE("every route but the open ones needs a key", "[api][D12]") {
  Client client(config_with_key());
  client.models.statuses["m"] = {};  // its process is ours to load and unload
  client.models.outputs["m"] = std::make_shared<OutputLog>();
  for (const auto& route : routes()) {
    INFO(route.path);
    auto sent = request_to(route);
    const bool open = route.role == Role::Open;
    const auto without = client.send(sent);
    CHECK(without.status == (open ? status_with_key(route) : 401));
    CHECK(without.has("WWW-Authenticate") == !open);
    sent.fields = {FormType, {"Authorization", "Bearer wrong"}};
    CHECK(client.send(sent).status == (open ? status_with_key(route) : 401));
    CHECK(client.pool.sent.empty());
    sent.fields = {FormType, {"Authorization", "Bearer secret"}};
    CHECK(client.send(sent).status == status_with_key(route));
    client.pool.sent.clear();
  }
}

TEST_CASE("no route serves a host that is not ours", "[api][E01]") {
  Client client;
  for (const auto& route : routes()) {
    INFO(route.path);
    auto sent = request_to(route);
    sent.fields = {{"Host", "evil.example"}};
    const auto reply = client.send(sent);
    CHECK(reply.status == 421);
    CHECK(reply.close);
    CHECK(reply.body.find("allowedHosts") != std::string::npos);
  }
  CHECK(client.send({.method = "OPTIONS", .fields = {{"Host", "evil.example"}}}).status == 421);
  CHECK(client.pool.sent.empty());
}

TEST_CASE("the longest paths and deepest bodies pass through every route", "[api]") {
  Client client;
  client.models.statuses["m"] = {};
  const auto nested = [](int levels) {
    const auto count = static_cast<std::size_t>(levels - 1);
    return R"({"model":"m","name":null,"x":)" + std::string(count, '[') + std::string(count, ']') +
           "}";
  };
  for (const auto& route : routes()) {
    INFO(route.path);
    auto sent = request_to(route);
    const auto left = [&sent] { return 8 * 1024 - sent.target.size(); };
    if (route.match == Match::Exact) {
      sent.target += sent.target.find('?') == std::string::npos ? '?' : '&';
      sent.target.append(left(), 'q');
    } else {
      sent.target.insert(sent.target.size() - route.ending.size(), left(), '/');
    }
    if (route.body != BodyKind::None && !takes_form(route)) {
      sent.body = nested(64);
    }
    const auto reply = client.send(sent);
    const bool is_found = !ends_with_model(route) && route.path != "/ui/";
    CHECK(reply.status == (is_found ? status_with_key(route) : 404));
    if (route.body == BodyKind::Json) {
      sent.body = nested(65);
      CHECK(client.send(sent).status == 400);
    }
  }
  for (const std::string filler : {"/", "a", "%2F", "%2f/", ".", "a/"}) {
    std::string target = "/upstream/";
    while (target.size() + filler.size() <= 8 * 1024) {
      target += filler;
    }
    CHECK(client.get(target).status == 404);
    CHECK(client.get(target.substr(9)).status == 404);
  }
}

TEST_CASE("a path that is not there is 404, a method that is not there 405 with Allow", "[api]") {
  Client client(config_with_key());
  const auto missing = client.get("/nowhere");
  CHECK(missing.status == 404);
  CHECK(json::parse(missing.body).at("error").at("code") == "not_found");
  const auto wrong = client.get("/v1/chat/completions");
  CHECK(wrong.status == 405);
  CHECK(wrong.field("Allow") == "POST, OPTIONS");
  CHECK(wrong.record.outcome == Outcome::Refused);
  CHECK(wrong.record.status == 405);
}

TEST_CASE("HEAD is answered where GET is", "[api]") {
  Client client;
  const auto get = client.get("/health");
  const auto head = client.send({.method = "HEAD", .target = "/health"});
  CHECK(head.status == 200);
  CHECK(head.length == get.length);
  CHECK(client.send({.method = "HEAD", .target = "/v1/models"}).status == 200);
}

TEST_CASE("a preflight needs no key and tells about the routes that pages may call", "[api][E05]") {
  struct Row {
    std::string path;
    bool allowed;
  };
  const auto row =
      GENERATE(Row{"/v1/chat/completions", true}, Row{"/v1/models", true},
               Row{"/v1/models/m", true}, Row{"/upstream/m/v1/chat/completions", true},
               Row{"/v1/score", true}, Row{"/health", false}, Row{"/api/models/unload", false},
               Row{"/unload", false}, Row{"/logs", false}, Row{"/ui/", false}, Row{"*", false});
  Client client(config_with_key());
  INFO(row.path);
  const auto reply = client.send({.method = "OPTIONS",
                                  .target = row.path,
                                  .fields = {{"Origin", "http://page.example"},
                                             {"Access-Control-Request-Method", "POST"},
                                             {"Access-Control-Request-Headers", "X-One, b@d"}}});
  CHECK(reply.status == 204);
  CHECK(reply.body.empty());
  CHECK(reply.field("Access-Control-Allow-Origin") == (row.allowed ? "*" : ""));
  CHECK(reply.field("Access-Control-Allow-Headers") == (row.allowed ? "X-One" : ""));
  CHECK(reply.field("Access-Control-Max-Age") == (row.allowed ? "86400" : ""));
  CHECK_FALSE(reply.has("Access-Control-Allow-Credentials"));
  CHECK(client.pool.sent.empty());
}

TEST_CASE("every answer carries the request's id", "[api]") {
  Client client(config_with_key());
  const std::string target = GENERATE("/health", "/v1/models", "/nowhere");
  const std::string method = GENERATE("GET", "PUT", "OPTIONS");
  const auto kept =
      client.send({.method = method, .target = target, .fields = {{"X-Request-Id", "my-id"}}});
  CHECK(kept.field("X-Request-Id") == "my-id");
  CHECK(kept.record.id == "my-id");
  const auto made =
      client.send({.method = method, .target = target, .fields = {{"X-Request-Id", "my id"}}});
  CHECK(made.field("X-Request-Id").size() == 32);
  CHECK(made.field("X-Request-Id") == made.record.id);
}

TEST_CASE("what could not become a request is refused in the same form", "[api]") {
  Client client;
  TrafficRecord record;
  const auto answer = client.api.refuse({ErrorCode::HeadTooLarge, "the head is too large"}, record);
  CHECK(answer.status == 431);
  CHECK(record.status == 431);
  CHECK(record.outcome == Outcome::Refused);
  CHECK(record.error == "the head is too large");
  CHECK_FALSE(record.id.empty());
}

TEST_CASE("the record knows who asked for what", "[api]") {
  Client client(config_with_key());
  const auto reply =
      client.get("/v1/models?api_key=canary", {{"x-api-key", "secret"}, {"User-Agent", "curl/8"}});
  CHECK(reply.record.client == "192.0.2.7");
  CHECK(reply.record.key_name == "alice");
  CHECK(reply.record.user_agent == "curl/8");
  CHECK(reply.record.method == "GET");
  CHECK(reply.record.path == "/v1/models");
  CHECK(reply.record.status == 200);
  CHECK(reply.record.outcome == Outcome::Complete);
}

TEST_CASE("a wrong key appears in no answer, record or log line", "[api]") {
  Client client(config_with_key());
  const auto reply = client.get("/v1/models", {{"x-api-key", "canary"}});
  CHECK(reply.status == 401);
  CHECK(reply.body.find("canary") == std::string::npos);
  CHECK(reply.record.error.find("canary") == std::string::npos);
  for (const auto& line : client.log_lines) {
    CHECK(line.find("canary") == std::string::npos);
  }
}

TEST_CASE("two credentials of one kind are refused", "[api][D02]") {
  Client client(config_with_key());
  const auto reply = client.get(
      "/v1/models", {{"Authorization", "Bearer secret"}, {"Authorization", "Bearer wrong"}});
  CHECK(reply.status == 400);
}

TEST_CASE("the open pages answer and tell no model's name", "[api]") {
  Client client(config_with_key());
  const auto [path, status, location] =
      GENERATE(table<std::string, int, std::string>({{"/", 302, "/ui"},
                                                     {"/health", 200, ""},
                                                     {"/wol-health", 200, ""},
                                                     {"/upstream", 302, "/ui/models"},
                                                     {"/ui", 301, "/ui/"},
                                                     {"/ui/", 200, ""},
                                                     {"/ui/models", 200, ""},
                                                     {"/favicon.ico", 204, ""}}));
  const auto reply = client.get(path);
  CHECK(reply.status == status);
  CHECK(reply.field("Location") == location);
  CHECK(reply.body.find("org/name") == std::string::npos);
  CHECK(reply.body.find("0.9-canary") == std::string::npos);
  if (path.ends_with("health")) {
    CHECK(reply.field("Content-Type") == "text/plain; charset=utf-8");
    CHECK(reply.body == "OK");
  }
}

}  // namespace
}  // namespace llmsnap::api
