// Whose key opens what.
#include <nlohmann/json.hpp>
#include <tuple>

#include "api/route_table.h"
#include "catch.h"
#include "client.h"
#include "support/route_path.h"

namespace llmsnap::api {
namespace {

using nlohmann::json;
using test::Client;
using test::NamedValues;
using test::Sent;

Config config_with_roles() {
  Config config;
  config.api_keys = {{"i", "infer-key", "", {true, false, false}},
                     {"o", "operate-key", "", {false, true, false}},
                     {"a", "admin-key", "", {false, false, true}}};
  return config;
}

constexpr const char* Basic = "Basic dTpzZWNyZXQ=";  // u:secret

std::string key_for(Role role) {
  return role == Role::Infer ? "infer-key" : role == Role::Operate ? "operate-key" : "admin-key";
}

std::string method_of(const Route& route) {
  return route.methods == Methods::Get ? "GET" : route.methods == Methods::Put ? "PUT" : "POST";
}

/// A request to it for that model, as far as its path or body names one.
Sent request_to(const Route& route, const std::string& model = "m") {
  const bool by_query = route.path == "/metrics";
  const std::string method = method_of(route);
  return {.method = method,
          .target = llmsnap::test::path_with(route, model) + (by_query ? "?model=" + model : ""),
          .body = method == "GET" ? "" : R"({"name":null,"model":")" + model + "\"}"};
}

/// Loads, unloads, reloads, switches, cancels or sends again.
bool changes_something(const Route& route) {
  return (route.role == Role::Operate || route.role == Role::Admin) &&
         (route.methods != Methods::Get || route.path == "/unload");
}

Config config_with_key() {
  Config config;
  config.api_keys = {{"alice", "secret"}};
  return config;
}

TEST_CASE("a key opens the routes of its roles, and is told which one it lacks", "[api]") {
  Client client(config_with_roles());
  for (const Route& route : routes()) {
    if (route.role == Role::Open) {
      continue;
    }
    for (const Role role : {Role::Infer, Role::Operate, Role::Admin}) {
      Sent sent = request_to(route);
      INFO(sent.method << ' ' << sent.target << " with " << key_for(role));
      sent.fields = {{"x-api-key", key_for(role)}};
      const auto reply = client.send(sent);
      CHECK((reply.status == 403) == (role != route.role));
      if (reply.status == 403) {
        const std::string message = json::parse(reply.body)["error"]["message"];
        CHECK(message.find(key_for(route.role).substr(0, 5)) != std::string::npos);
        CHECK(message.find("-key") == std::string::npos);
      }
    }
  }
}

TEST_CASE("without a key no answer tells whether a model is there", "[api][D12]") {
  Client client(config_with_key());
  client.models.statuses["m"] = {};
  const auto answer_of = [&client](Sent sent) {
    sent.fields.push_back({"X-Request-Id", "r"});
    const auto reply = client.send(sent);
    return std::make_tuple(reply.status, reply.fields, reply.body);
  };
  for (const Route& route : routes()) {
    INFO(route.path);
    CHECK(answer_of(request_to(route, "m")) == answer_of(request_to(route, "nobody")));
  }
  for (const char* target : {"/upstream/m", "/v1/realtime?model=m", "/props?model=m"}) {
    INFO(target);
    std::string unknown = target;
    unknown.replace(unknown.rfind('m'), 1, "nobody");
    const NamedValues upgrade{{"Connection", "upgrade"}, {"Upgrade", "websocket"}};
    CHECK(answer_of({.target = target}) == answer_of({.target = unknown}));
    CHECK(answer_of({.target = target, .fields = upgrade}) ==
          answer_of({.target = unknown, .fields = upgrade}));
    CHECK(answer_of({.method = "POST", .target = target, .body = "{}"}) ==
          answer_of({.method = "POST", .target = unknown, .body = "{}"}));
  }
  CHECK(client.models.operations.empty());
  CHECK(client.pool.sent.empty());
}

TEST_CASE("no page of another site changes anything, by whatever it may send unasked",
          "[api][E02][E03][E04]") {
  const NamedValues fields = GENERATE(values<NamedValues>(
      {{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "no-cors"}},
       {{"Sec-Fetch-Site", "same-site"}},
       {{"Origin", "http://evil.example"}, {"Content-Type", "text/plain"}},
       {{"Origin", "null"}, {"Content-Type", "application/x-www-form-urlencoded"}}}));
  Client client;
  client.models.statuses["m"] = {};
  for (const Route& route : routes()) {
    if (changes_something(route)) {
      Sent sent = request_to(route);
      INFO(sent.method << ' ' << sent.target);
      sent.fields = fields;
      CHECK(client.send(sent).status == 403);
    }
  }
  CHECK(client.models.operations.empty());
  CHECK(client.reload.reloads == 0);
}

TEST_CASE("a page of a model's server cannot use the key that its reader's browser sends",
          "[api][E09]") {
  Client client(config_with_key());
  client.models.statuses["m"] = {};
  for (const Route& route : routes()) {
    if (changes_something(route)) {
      Sent sent = request_to(route);
      INFO(sent.method << ' ' << sent.target);
      sent.fields = {{"Authorization", Basic},
                     {"Sec-Fetch-Site", "same-origin"},
                     {"Origin", "http://localhost:8080"}};
      CHECK(client.send(sent).status == 403);
    }
  }
  CHECK(client.models.operations.empty());
  CHECK(client.reload.reloads == 0);
}

TEST_CASE("a preflight with all that a request needs does nothing", "[api][D13]") {
  Client client;
  client.models.statuses["m"] = {};
  for (const Route& route : routes()) {
    Sent sent = request_to(route);
    INFO(sent.target);
    sent.method = "OPTIONS";
    sent.body = R"({"name":null,"model":"m"})";
    sent.fields = {{"Access-Control-Request-Method", method_of(route)},
                   {"Origin", "http://localhost:8080"}};
    CHECK(client.send(sent).status == 204);
  }
  CHECK(client.models.operations.empty());
  CHECK(client.models.leases == 0);
  CHECK(client.reload.reloads == 0);
  CHECK(client.pool.sent.empty());
}

TEST_CASE("what a browser sends by itself changes nothing", "[api][E03]") {
  struct Row {
    NamedValues fields;
    int status;
  };
  const Row row = GENERATE_COPY(
      Row{{{"Authorization", Basic}}, 200},
      Row{{{"Authorization", Basic}, {"Sec-Fetch-Site", "same-origin"}}, 403},
      Row{{{"Authorization", Basic}, {"Sec-Fetch-Site", "none"}}, 200},
      Row{{{"Authorization", Basic}, {"Origin", "http://localhost:8080"}}, 403},
      Row{{{"Authorization", "Bearer secret"}, {"Sec-Fetch-Site", "same-origin"}}, 200},
      Row{{{"x-api-key", "secret"}, {"Origin", "http://localhost:8080"}}, 200});
  Client client(config_with_key());
  CHECK(client.post("/api/models/unload", "", row.fields).status == row.status);
  CHECK(client.get("/unload", row.fields).status == row.status);
  CHECK(client.get("/running", row.fields).status == 200);
}

}  // namespace
}  // namespace llmsnap::api
