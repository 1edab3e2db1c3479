#include <chrono>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "client.h"

namespace llmsnap::api::test {
namespace {

using Json = nlohmann::json;

/// Of the client's models `m` has a process.
ModelStatus standing(ModelState state) {
  ModelStatus status;
  status.model = "m";
  status.state = state;
  return status;
}

TEST_CASE("only models whose process lives are listed as running, in the references' words",
          "[operations]") {
  const auto [state, listed] = GENERATE(table<ModelState, std::string>({
      {ModelState::Stopped, ""},
      {ModelState::Starting, "starting"},
      {ModelState::Ready, "ready"},
      {ModelState::Draining, "ready"},
      {ModelState::Stopping, "stopping"},
      {ModelState::Failed, ""},
  }));
  Client client;
  client.models.statuses["m"] = standing(state);
  const Json running = Json::parse(client.get("/running").body)["running"];
  REQUIRE(running.size() == (listed.empty() ? 0U : 1U));
  if (!listed.empty()) {
    CHECK(running[0]["model"] == "m");
    CHECK(running[0]["state"] == listed);
    CHECK(running[0]["ttl"] == 0);
    CHECK(running[0].contains("cmd"));
    CHECK(running[0].contains("proxy"));
  }
}

TEST_CASE("no model runs: an empty list and not null", "[operations]") {
  Client client;
  CHECK(client.get("/running").body == R"({"running":[]})");
}

TEST_CASE("one model is loaded and unloaded by id, alias and escaped name", "[operations]") {
  Client client;
  client.models.statuses["m"] = standing(ModelState::Ready);
  client.models.statuses["org/name"] = standing(ModelState::Ready);
  const Reply unloaded = client.post("/api/models/unload/m", "");
  CHECK(unloaded.status == 200);
  CHECK(unloaded.body == "OK");
  CHECK(client.post("/api/models/unload/other", "").status == 200);
  CHECK(client.post("/api/models/load/org%2Fname", "").status == 200);
  CHECK(client.post("/api/models/load/org/name", "").status == 200);
  CHECK(client.models.operations ==
        std::vector<std::string>{"unload m", "unload m", "load org/name", "load org/name"});
}

TEST_CASE("a model that is unknown, or whose server is not ours, is 404", "[operations]") {
  Client client;
  CHECK(client.post("/api/models/unload/nobody", "").status == 404);
  const Reply foreign = client.post("/api/models/load/m", "");
  CHECK(foreign.status == 404);
  CHECK(foreign.body.find("no local server found") != std::string::npos);
  CHECK(client.models.operations.empty());
}

TEST_CASE("a page of another site can neither load nor unload", "[operations]") {
  const auto [name, value, status] = GENERATE(table<std::string, std::string, int>({
      {"Sec-Fetch-Site", "cross-site", 403},
      {"Sec-Fetch-Site", "same-site", 403},
      {"Sec-Fetch-Site", "same-origin", 200},
      {"Sec-Fetch-Site", "none", 200},
      {"Origin", "http://evil.example", 403},
      {"Origin", "null", 403},
      {"Origin", "http://localhost:8080", 200},
  }));
  CAPTURE(name, value);
  Client client;
  client.models.statuses["m"] = standing(ModelState::Ready);
  CHECK(client.get("/unload", {{name, value}}).status == status);
  CHECK(client.post("/api/models/unload", "", {{name, value}}).status == status);
  CHECK(client.post("/api/models/unload/m", "", {{name, value}}).status == status);
  CHECK(client.post("/api/models/load/m", "", {{name, value}}).status == status);
  CHECK(client.models.operations.empty() == (status == 403));
}

TEST_CASE("all models are unloaded in both spellings", "[operations]") {
  Client client;
  CHECK(client.get("/unload").body == "OK");
  CHECK(client.post("/api/models/unload", "").body == R"({"msg":"ok"})");
  CHECK(client.models.operations.size() == 4);
}

TEST_CASE("what runs is listed with what its config says of it", "[operations][I2]") {
  Client client;
  ModelConfig model;
  model.id = "described";
  model.proxy = "http://127.0.0.1:9002";
  model.cmd = "serve --port 9002";
  model.ttl = std::chrono::seconds(60);
  model.name = "A name";
  model.description = "what it is for";
  client.models.add(model);
  client.models.statuses["described"] = standing(ModelState::Ready);
  const Json running = Json::parse(client.get("/running").body)["running"];
  REQUIRE(running.size() == 1);
  CHECK(running[0] == Json({{"model", "described"},
                            {"state", "ready"},
                            {"cmd", "serve --port 9002"},
                            {"proxy", "http://127.0.0.1:9002"},
                            {"ttl", 60},
                            {"name", "A name"},
                            {"description", "what it is for"}}));
}

}  // namespace
}  // namespace llmsnap::api::test
