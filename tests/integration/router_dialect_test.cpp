// llmsnapd as llama.cpp's router: loads, unloads and their news, requests by query, polling.
#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "support/contains.h"
#include "support/listed.h"
#include "support/process_config.h"

using namespace llmsnap;
using namespace llmsnap::test;
using nlohmann::json;

namespace {

std::string post(const std::string& path, const std::string& body) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

json next_event(TestSocket& reader) {
  for (;;) {
    const std::string text = reader.receive_until("\n\n");
    const std::size_t data = text.find("data: ");
    if (text.empty() || data != std::string::npos) {
      return text.empty() ? json() : json::parse(text.substr(data + 6, text.rfind('}') - data - 5));
    }
  }
}

}  // namespace

TEST_CASE("a load is answered at once, and its stream tells how it goes", "[router]") {
  ProcessGateway gateway({process_model("m", "--load-ms 200")});
  TestSocket news = gateway.client("GET /models/sse HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(contains(news.receive_until("\n\n"), "text/event-stream"));
  const ReceivedAnswer begun = exchange(gateway.port(), post("/models/load", R"({"model":"m"})"));
  CHECK(begun.status == 200);
  CHECK(begun.body == R"({"success":true})");
  CHECK(gateway.status().state != ModelState::Ready);
  CHECK(next_event(news) ==
        json{{"model", "m"}, {"event", "model_status"}, {"data", {{"status", "loading"}}}});
  CHECK(exchange(gateway.port(), post("/models/load", R"({"model":"m"})")).status == 400);
  CHECK(next_event(news)["data"]["status"] == "loaded");
  CHECK(status_value(listed(gateway, "m")) == "loaded");
  CHECK(exchange(gateway.port(), post("/models/unload", R"({"model":"m"})")).body ==
        R"({"success":true})");
  CHECK(next_event(news)["data"]["status"] == "unloaded");
  CHECK(exchange(gateway.port(), post("/models/unload", R"({"model":"m"})")).status == 400);
}

TEST_CASE("a model that cannot be started has failed, in the list and in the news", "[router]") {
  ProcessGateway gateway({command_model("m", "false ${PORT}")});
  TestSocket news = gateway.client("GET /models/sse HTTP/1.1\r\nHost: localhost\r\n\r\n");
  news.receive_until("\n\n");
  REQUIRE(exchange(gateway.port(), post("/models/load", R"({"model":"m"})")).status == 200);
  CHECK(next_event(news)["data"]["status"] == "loading");
  CHECK(next_event(news)["data"] ==
        json{{"status", "unloaded"}, {"failed", true}, {"exit_code", 1}});
  CHECK(listed(gateway, "m").at("status") ==
        json{{"value", "unloaded"}, {"failed", true}, {"exit_code", 1}});
}

TEST_CASE("autoload=false asks only what is loaded", "[router]") {
  ProcessGateway gateway({process_model("m")});
  const std::string target = "/v1/chat/completions?autoload=false";
  const ReceivedAnswer refused = exchange(gateway.port(), post(target, R"({"model":"m"})"));
  CHECK(refused.status == 400);
  CHECK(contains(refused.body, "model m is not loaded"));
  CHECK(gateway.history().events().empty());
  REQUIRE(gateway.chat().status == 200);
  CHECK(exchange(gateway.port(), post(target, R"({"model":"m","messages":[]})")).status == 200);
}

TEST_CASE("who polls how a model stands starts none, unless the config has paths of its own",
          "[router][X2]") {
  const bool own_paths = GENERATE(false, true);
  Config config = process_config({process_model("m")});
  if (own_paths) {
    config.ignore_paths = {R"(\.js$)"};
  }
  ProcessGateway gateway(config);
  const std::string path = GENERATE("/health", "/slots", "/props?x=1", "/metrics");
  CHECK((get(gateway, "/upstream/m" + path).status == 409) == !own_paths);
  if (own_paths) {
    CHECK(gateway.history().wait_for("m", ModelState::Ready));
  } else {
    CHECK(gateway.history().events().empty());
  }
  REQUIRE(gateway.chat().status == 200);
  CHECK(get(gateway, "/upstream/m" + path).status != 409);
}

TEST_CASE("a query that names a model starts it", "[router][D2]") {
  ProcessGateway gateway({process_model("m")});
  CHECK(get(gateway, "/slots?model=m").status == 200);
  CHECK(gateway.history().becomes("m starting, m ready"));
  CHECK(get(gateway, "/props").status == 200);
}
