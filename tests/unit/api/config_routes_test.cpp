#include <nlohmann/json.hpp>

#include "catch.h"
#include "client.h"
#include "support/contains.h"

namespace llmsnap::api::test {
namespace {

using Json = nlohmann::json;
using llmsnap::test::contains;

TEST_CASE("the config in force is shown without its secrets", "[config-routes]") {
  Client client;
  Config present;
  ModelConfig model;
  model.id = "m";
  model.cmd = "server --api-key top-secret -H 'Authorization: Bearer top-secret'";
  model.env = {"HF_TOKEN=hidden"};
  present.models["m"] = model;
  present.api_keys = {{"one", "open-sesame"}};
  client.reload.present = std::make_shared<const Config>(present);
  const Reply reply = client.get("/api/config");
  CHECK(reply.status == 200);
  CHECK(Json::parse(reply.body)["models"].contains("m"));
  CHECK_FALSE(contains(reply.body, "top-secret"));
  CHECK_FALSE(contains(reply.body, "hidden"));
  CHECK_FALSE(contains(reply.body, "open-sesame"));
}

TEST_CASE("what cannot be shown of a config is masked, and the rest is shown", "[config-routes]") {
  Client client;
  Config present;
  present.models["m"].metadata = "{no JSON";
  present.models["n"].metadata = R"({"template": ")" + std::string(300, '[') + R"("})";
  client.reload.present = std::make_shared<const Config>(present);
  const Json shown = Json::parse(client.get("/api/config").body);
  CHECK(shown["models"]["m"]["metadata"] == "***");
  CHECK(shown["models"]["n"]["metadata"]["template"] == std::string(300, '['));
}

TEST_CASE("the config in force is shown with how the last reload went", "[config-routes]") {
  Client client;
  CHECK_FALSE(Json::parse(client.get("/api/config").body).contains("x-last-reload"));
  client.reload.last = LastReload{};
  client.reload.last->report.errors = {"c.yaml:1: one"};
  const Json refused = Json::parse(client.get("/api/config").body)["x-last-reload"];
  CHECK(refused["at"] == "1970-01-01T00:00:00.000Z");
  CHECK(refused["errors"] == Json({"c.yaml:1: one"}));
  CHECK_FALSE(refused.contains("kept"));
  client.reload.last->report = {};
  client.reload.last->report.kept = {"a"};
  const Json taken = Json::parse(client.get("/api/config").body)["x-last-reload"];
  CHECK(taken["errors"] == Json::array());
  CHECK(taken["kept"] == Json({"a"}));
}

TEST_CASE("a reload is answered with what it has changed", "[config-routes]") {
  Client client;
  ReloadReport report;
  report.kept = {"a"};
  report.drained = {"b"};
  report.proxied.changed = {"c"};
  report.peers.removed = {"far"};
  report.needs_restart = {"listen"};
  client.reload.answer = report;
  const Reply reply = client.post("/api/config/reload", "");
  CHECK(reply.status == 200);
  const Json told = Json::parse(reply.body);
  CHECK(told["kept"] == Json({"a"}));
  CHECK(told["drained"] == Json({"b"}));
  CHECK(told["added"] == Json::array());
  CHECK(told["proxied"]["changed"] == Json({"c"}));
  CHECK(told["proxied"]["added"] == Json::array());
  CHECK(told["peers"]["removed"] == Json({"far"}));
  CHECK(told["needs_restart"] == Json({"listen"}));
  CHECK(client.reload.reloads == 1);
}

TEST_CASE("a reload of a config that is not valid says all that is wrong, and changes nothing",
          "[config-routes]") {
  Client client;
  client.reload.answer = Error{ErrorCode::InvalidConfig, "c.yaml:1: one\nc.yaml:2: two"};
  const Reply reply = client.post("/api/config/reload", "");
  CHECK(reply.status == 409);
  CHECK(contains(reply.body, "c.yaml:1: one"));
  CHECK(contains(reply.body, "c.yaml:2: two"));
}

TEST_CASE("where the config came from nowhere a reload says so", "[config-routes]") {
  Client client;
  client.reload.answer = Error{ErrorCode::NotImplemented, "it came from nowhere"};
  CHECK(client.post("/api/config/reload", "").status == 501);
}

TEST_CASE("a page of another site cannot have the config reloaded", "[config-routes]") {
  Client client;
  Sent sent;
  sent.method = "POST";
  sent.target = "/api/config/reload";
  sent.fields = {{"Sec-Fetch-Site", "cross-site"}};
  CHECK(client.send(sent).status == 403);
  CHECK(client.reload.reloads == 0);
}

}  // namespace
}  // namespace llmsnap::api::test
