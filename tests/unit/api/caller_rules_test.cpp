// Whose key opens what.
#include <nlohmann/json.hpp>

#include "api/route_table.h"
#include "catch.h"
#include "client.h"

namespace llmsnap::api {
namespace {

using nlohmann::json;
using test::Client;
using test::NamedValues;

Config config_with_roles() {
  Config config;
  config.api_keys = {{"i", "infer-key", "", {true, false, false}},
                     {"o", "operate-key", "", {false, true, false}},
                     {"a", "admin-key", "", {false, false, true}}};
  return config;
}

std::string key_for(Role role) {
  return role == Role::Infer ? "infer-key" : role == Role::Operate ? "operate-key" : "admin-key";
}

TEST_CASE("a key opens the routes of its roles, and is told which one it lacks", "[api]") {
  Client client(config_with_roles());
  for (const Route& route : routes()) {
    if (route.role == Role::Open) {
      continue;
    }
    const std::string method = route.methods == Methods::Get   ? "GET"
                               : route.methods == Methods::Put ? "PUT"
                                                               : "POST";
    // Of /metrics the part that needs no more than the route does.
    const std::string path = std::string(route.path) + (route.match == Match::Prefix ? "m" : "") +
                             (route.path == "/metrics" ? "?model=m" : "");
    for (const Role role : {Role::Infer, Role::Operate, Role::Admin}) {
      INFO(method << ' ' << path << " with " << key_for(role));
      const auto reply = client.send({.method = method,
                                      .target = path,
                                      .fields = {{"x-api-key", key_for(role)}},
                                      .body = method == "GET" ? "" : R"({"model":"m"})"});
      CHECK((reply.status == 403) == (role != route.role));
      if (reply.status == 403) {
        const std::string message = json::parse(reply.body)["error"]["message"];
        CHECK(message.find(key_for(route.role).substr(0, 5)) != std::string::npos);
        CHECK(message.find("-key") == std::string::npos);
      }
    }
  }
}

constexpr const char* Basic = "Basic dTpzZWNyZXQ=";  // u:secret

TEST_CASE("what a browser sends by itself changes nothing", "[api][E03]") {
  Config config;
  config.api_keys = {{"alice", "secret"}};
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
  Client client(config);
  CHECK(client.post("/api/models/unload", "", row.fields).status == row.status);
  CHECK(client.get("/unload", row.fields).status == row.status);
  CHECK(client.get("/running", row.fields).status == 200);
}

}  // namespace
}  // namespace llmsnap::api
