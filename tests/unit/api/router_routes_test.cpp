// The dialect of llama.cpp's router.
#include <nlohmann/json.hpp>

#include "catch.h"
#include "client.h"
#include "support/contains.h"

namespace llmsnap::api {
namespace {

using nlohmann::json;
using test::Client;

ModelStatus standing(ModelState state) {
  ModelStatus status;
  status.model = "m";
  status.state = state;
  return status;
}

json record_of(Client& client, const std::string& id) {
  const json list = json::parse(client.get("/models").body);
  for (const json& record : list.at("data")) {
    if (record.at("id") == id) {
      return record;
    }
  }
  return {};
}

TEST_CASE("the list of models says how each stands in the router's words", "[api][H6]") {
  const auto [state, word] = GENERATE(table<ModelState, std::string>({
      {ModelState::Stopped, "unloaded"},
      {ModelState::Starting, "loading"},
      {ModelState::Waking, "loading"},
      {ModelState::Ready, "loaded"},
      {ModelState::Draining, "loaded"},
      {ModelState::SleepPending, "sleeping"},
      {ModelState::Asleep, "sleeping"},
      {ModelState::Stopping, "unloaded"},
      {ModelState::Failed, "unloaded"},
  }));
  Client client;
  client.models.statuses["m"] = standing(state);
  const json status = record_of(client, "m").at("status");
  CHECK(status.at("value") == word);
  CHECK(status.contains("failed") == (state == ModelState::Failed));
  CHECK_FALSE(status.contains("exit_code"));
  client.models.statuses["m"].exit_code = 139;
  CHECK(record_of(client, "m").at("status").value("exit_code", 0) ==
        (state == ModelState::Failed ? 139 : 0));
}

TEST_CASE("a load is answered at once, and refused for what runs or is not there", "[api]") {
  const auto [state, status] = GENERATE(table<ModelState, int>({{ModelState::Stopped, 200},
                                                                {ModelState::Failed, 200},
                                                                {ModelState::Asleep, 200},
                                                                {ModelState::Starting, 400},
                                                                {ModelState::Ready, 400}}));
  Client client;
  client.models.statuses["m"] = standing(state);
  const auto reply = client.post("/models/load", R"({"model":"other"})");
  CHECK(reply.status == status);
  if (status == 200) {
    CHECK(json::parse(reply.body) == json{{"success", true}});
    CHECK(client.models.operations == std::vector<std::string>{"begin_load m"});
  } else {
    CHECK(client.models.operations.empty());
  }
  CHECK(client.post("/models/load", R"({"model":"nobody"})").status == 404);
  CHECK(client.post("/models/load", R"({"model":"org/name"})").status == 404);
  CHECK(client.post("/models/load", R"({})").status == 400);
  CHECK(client.post("/models/load", R"({"model":"m"})", {{"Origin", "http://evil"}}).status == 403);
}

TEST_CASE("an unload is refused for what does not run", "[api]") {
  Client client;
  client.models.statuses["m"] = standing(ModelState::Starting);
  CHECK(client.post("/models/unload", R"({"model":"m"})").body == R"({"success":true})");
  CHECK(client.models.operations == std::vector<std::string>{"unload m"});
  client.models.statuses["m"] = standing(ModelState::Failed);
  CHECK(client.post("/models/unload", R"({"model":"m"})").status == 400);
  CHECK(client.post("/models/unload", R"({"model":"nobody"})").status == 404);
}

TEST_CASE("reload=1 at the list of models reloads the config, for who may", "[api]") {
  Client open;
  CHECK(open.get("/models?reload=0").status == 200);
  CHECK(open.reload.reloads == 0);
  CHECK(open.get("/models?reload=1").status == 200);
  CHECK(open.reload.reloads == 1);
  CHECK(open.get("/models?reload=1", {{"Sec-Fetch-Site", "cross-site"}}).status == 403);
  Config config;
  config.api_keys = {{"i", "infer-key", "", {true, false, false}}};
  Client client(config);
  CHECK(client.get("/models?reload=1", {{"x-api-key", "infer-key"}}).status == 403);
  CHECK(client.reload.reloads == 0);
}

TEST_CASE("autoload=false starts no model", "[api]") {
  const std::string off = GENERATE("false", "0");
  Client client;  // of which only m is ready
  const std::string chat = "/v1/chat/completions?autoload=";
  CHECK(client.post(chat + off, R"({"model":"m"})").status == 200);
  const auto refused = client.post(chat + off, R"({"model":"org/name"})");
  CHECK(refused.status == 400);
  CHECK(llmsnap::test::contains(refused.body, "not loaded"));
  CHECK(client.post(chat + "true", R"({"model":"org/name"})").status == 200);
  CHECK(client.get("/slots?model=org/name&autoload=" + off).status == 400);
}

TEST_CASE("the stream of states begins with a comment and ends with the server", "[api]") {
  Client client;
  const auto reply = client.get("/models/sse");
  CHECK(reply.status == 200);
  CHECK(reply.field("Content-Type") == "text/event-stream");
  CHECK(reply.body.starts_with(":"));
}

}  // namespace
}  // namespace llmsnap::api
