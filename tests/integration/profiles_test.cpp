// Profiles: names that stand for other names while one is active, and where their requests go.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"
#include "support/contains.h"
#include "support/listed.h"
#include "support/process_config.h"
#include "support/scripted_upstream.h"

using namespace llmsnap;
using namespace llmsnap::test;
using Json = nlohmann::json;

namespace {

Config two_profiles(Config config) {
  config.profiles["day"] = {"day", "for work", {{"gpt", "a"}, {"b", "a"}, {"off", ""}}};
  config.profiles["night"] = {"night", "", {{"gpt", "b"}, {"up/per", "b"}}};
  return config;
}

ReceivedAnswer activate(TestGateway& gateway, const std::string& body) {
  return exchange(gateway.port(),
                  "PUT /api/profiles/active HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                  "application/json\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body);
}

}  // namespace

TEST_CASE("a profile is activated, answers for its pins, and is deactivated", "[profiles]") {
  ProcessGateway gateway(two_profiles(process_config({process_model("a"), process_model("b")})));
  const Json all = Json::parse(get(gateway, "/api/profiles").body);
  CHECK(all.at("active").is_null());
  REQUIRE(all.at("profiles").size() == 2);
  CHECK(all.at("profiles").at(0) == Json({{"id", "day"},
                                          {"description", "for work"},
                                          {"pins", {{"gpt", "a"}, {"b", "a"}, {"off", ""}}}}));
  CHECK(gateway.chat("gpt").status == 404);
  CHECK(activate(gateway, R"({"name":"day"})").body == R"({"active":"day"})");
  CHECK(gateway.chat("gpt").status == 200);
  CHECK(gateway.chat("b").status == 200);  // it stands for a now
  CHECK(gateway.history().count("b", ModelState::Starting) == 0);
  const ReceivedAnswer off = gateway.chat("off");
  CHECK(off.status == 404);
  CHECK(contains(off.body, "profile"));
  CHECK(status_value(listed(gateway, "gpt")) == "unloaded");
  CHECK(listed(gateway, "gpt").at("meta").at("llamaswap") == Json({{"type", "profile"}}));
  CHECK(listed(gateway, "off").is_null());

  const ReceivedAnswer unknown = activate(gateway, R"({"name":"noon"})");
  CHECK(unknown.status == 404);
  CHECK(contains(unknown.body, "profile \\\"noon\\\" not found"));
  CHECK(Json::parse(get(gateway, "/api/profiles").body).at("active") == "day");
  CHECK(activate(gateway, R"({"name":null})").body == R"({"active":null})");
  CHECK(gateway.chat("gpt").status == 404);
}

TEST_CASE("a request to activate a profile that makes no sense is refused", "[profiles]") {
  ProcessGateway gateway(two_profiles(process_config({process_model("a"), process_model("b")})));
  CHECK(contains(activate(gateway, "nonsense").body, "invalid profile request"));
  CHECK(contains(activate(gateway, "[]").body, "invalid profile request"));
  CHECK(contains(activate(gateway, "{}").body, "profile name is required"));
  CHECK(contains(activate(gateway, R"({"name":7})").body, "must be a string or null"));
  CHECK(activate(gateway, R"({"name":7})").status == 400);
  CHECK(exchange(gateway.port(),
                 "PUT /api/profiles/active HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil\r\n"
                 "Content-Length: 14\r\n\r\n{\"name\":\"day\"}")
            .status == 403);
}

TEST_CASE("paths under /upstream go by the longest pin of the active profile", "[profiles]") {
  ScriptedUpstream a(always(plain_answer("a")));
  ScriptedUpstream b(always(plain_answer("b")));
  Config config;
  config.models["a"] = served_at("a", a.url());
  config.models["b"] = served_at("b", b.url());
  config.profiles["p"] = {"p", "", {{"x", "a"}, {"x/y", "b"}, {"off", ""}, {"b", "a"}}};
  TestGateway gateway(config);
  CHECK(get(gateway, "/upstream/x/props").status == 404);
  REQUIRE(activate(gateway, R"({"name":"p"})").status == 200);
  CHECK(get(gateway, "/upstream/x/props").body == "a");
  CHECK(get(gateway, "/upstream/x/y/props").body == "b");
  CHECK(get(gateway, "/upstream/x%2Fy/props").body == "b");
  CHECK(get(gateway, "/upstream/b/props").body == "a");
  CHECK(get(gateway, "/upstream/a/props").body == "a");
  CHECK(get(gateway, "/upstream/off/props").status == 404);
  const std::string body = R"({"model":"x"})";
  exchange(gateway.port(),
           "POST /upstream/x/v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
           "Content-Length: 13\r\n\r\n" +
               body);
  CHECK(contains(a.received().back(), "\r\n\r\n" + body));
  CHECK(gateway.wait_for_records(9).back().model == "a");
}

TEST_CASE("operators name models themselves, whatever the profile", "[profiles]") {
  ProcessGateway gateway(two_profiles(process_config({process_model("a"), process_model("b")})));
  REQUIRE(activate(gateway, R"({"name":"day"})").status == 200);
  CHECK(exchange(gateway.port(), post_to("/api/models/load/b")).status == 200);
  CHECK(gateway.status("b").state == ModelState::Ready);
  CHECK(exchange(gateway.port(), post_to("/api/models/unload/gpt")).status == 404);
}

TEST_CASE("a profile may stand for a selector, and stays active over a new config", "[profiles]") {
  Config config = process_config({process_model("a"), process_model("b")});
  SelectorConfig& selector = config.selectors["s"];
  selector.id = "s";
  selector.strategy = SelectorStrategy::Warm;
  selector.targets = {"b", "a"};
  selector.target_names = selector.targets;
  config.profiles["p"] = {"p", "", {{"gpt", "s"}}};
  ProcessGateway gateway(config);
  REQUIRE(activate(gateway, R"({"name":"p"})").status == 200);
  CHECK(gateway.chat("gpt").status == 200);
  CHECK(gateway.status("b").state == ModelState::Ready);
  gateway.gateway().reload(config);
  CHECK(gateway.chat("gpt").status == 200);
  const auto records = gateway.wait_for_records(3);
  CHECK(records.back().selector == "s");
  CHECK(records.back().model == "b");
}

TEST_CASE("pins are listed, but for those that are disabled, hide or have a model's name",
          "[profiles][H9]") {
  ModelConfig hidden = process_model("hidden");
  hidden.unlisted = true;
  Config config = process_config({process_model("a"), process_model("b"), hidden});
  config.profiles["p"] = {"p", "", {{"new", "a"}, {"b", "a"}, {"off", ""}, {"secret", "hidden"}}};
  ProcessGateway gateway(config);
  REQUIRE(activate(gateway, R"({"name":"p"})").status == 200);
  const Json models = Json::parse(get(gateway, "/v1/models").body);
  std::vector<std::string> ids;
  for (const Json& model : models.at("data")) {
    ids.push_back(model.at("id"));
  }
  CHECK(ids == std::vector<std::string>{"a", "b", "new"});
  CHECK_FALSE(listed(gateway, "new").contains("name"));
  CHECK(listed(gateway, "b").at("meta").at("llamaswap") == Json({{"type", "model"}}));
}
