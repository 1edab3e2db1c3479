// /metrics: what Prometheus is told of requests and models.
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "catch.h"
#include "support/contains.h"
#include "support/listed.h"
#include "support/process_config.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

std::string scraped(TestGateway& gateway, const std::string& until) {
  std::string text;
  eventually([&gateway, &text, &until] {
    text = get(gateway, "/metrics").body;
    return contains(text, until);
  });
  return text;
}

std::set<std::string> names_in(const std::string& text, const std::string& prefix) {
  std::set<std::string> names;
  const std::regex name(prefix + "[a-z_]+");
  for (auto at = std::sregex_iterator(text.begin(), text.end(), name); at != std::sregex_iterator();
       ++at) {
    names.insert(at->str());
  }
  return names;
}

std::string text_of_file(const std::string& path) {
  std::ifstream file(std::string(LLMSNAP_SOURCE_DIR) + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("Prometheus is told of requests, tokens, loads and states", "[prometheus]") {
  ProcessGateway gateway({process_model("m")});
  REQUIRE(gateway.chat().status == 200);
  const std::string text =
      scraped(gateway, "llmsnap_request_duration_seconds_count{model=\"m\"} 1");
  CHECK(contains(text, R"(llmsnap_requests_total{model="m",endpoint="/v1/chat/completions",)"
                       R"(source="local",code="2xx"} 1)"));
  CHECK(contains(text, R"(llmsnap_model_load_seconds_count{model="m"} 1)"));
  CHECK(contains(text, R"(llmsnap_process_state{model="m",instance="1",state="ready"} 1)"));
  CHECK(contains(text, R"(llmsnap_process_state{model="m",instance="1",state="stopped"} 0)"));
  CHECK(contains(text, "llmsnap_loaded_models 1"));
  CHECK(contains(text, R"(llmsnap_build_info{version=")"));
  CHECK(get(gateway, "/metrics").field("content-type") ==
        "text/plain; version=0.0.4; charset=utf-8");
}

TEST_CASE("what made room and what an operator stopped are counted as such", "[prometheus]") {
  ProcessGateway gateway({process_model("a"), process_model("b")});
  REQUIRE(gateway.chat("a").status == 200);
  REQUIRE(gateway.chat("b").status == 200);
  REQUIRE(gateway.unload("b").status == 200);
  const std::string text = scraped(gateway, R"(llmsnap_swaps_total{model="b",reason="unload"} 1)");
  CHECK(contains(text, R"(llmsnap_swaps_total{model="b",reason="unload"} 1)"));
  CHECK(contains(text, R"(llmsnap_swaps_total{model="b",reason="room"} 0)"));
  CHECK(contains(text, R"(llmsnap_swaps_total{model="a",reason="room"} 1)"));
  CHECK(contains(text, R"(llmsnap_swaps_total{model="a",reason="unload"} 0)"));
}

TEST_CASE("requests that wait for a model are told until they leave or are answered",
          "[prometheus]") {
  ProcessGateway gateway({process_model("a", "--bind-delay-ms 600000"), process_model("b")});
  const std::string depth = R"(llmsnap_queue_depth{model="a"} )";
  TestSocket leaver = gateway.client(chat_with("a"));
  TestSocket other = gateway.client(chat_with("a"));
  const std::string text = scraped(gateway, depth + "2\n");
  CHECK(contains(text, depth + "2\n"));
  CHECK(contains(text, "llmsnap_queue_depth{model=\"b\"} 0\n"));
  leaver.close();
  CHECK(contains(scraped(gateway, depth + "1\n"), depth + "1\n"));
  gateway.unload("a");
  CHECK(receive_answer(other).status == 503);
  CHECK(contains(scraped(gateway, depth + "0\n"), depth + "0\n"));
}

TEST_CASE("a key that may only ask models is told no measures", "[prometheus]") {
  Config config = config_for("http://127.0.0.1:9");
  config.api_keys = {{.name = "asker", .key = "k", .roles = {true, false, false}}};
  TestGateway gateway(config);
  const auto answer =
      exchange(gateway.port(), "GET /metrics HTTP/1.1\r\nHost: localhost\r\nx-api-key: k\r\n\r\n");
  CHECK(answer.status == 403);
  Config other = config;
  other.api_keys = {{.name = "scraper", .key = "k", .roles = {false, true, false}}};
  gateway.gateway().reload(other);
  CHECK(exchange(gateway.port(), "GET /metrics HTTP/1.1\r\nHost: localhost\r\nx-api-key: k\r\n\r\n")
            .status == 200);
  CHECK(get(gateway, "/metrics").status == 401);
}

TEST_CASE("the dashboard asks for measures that there are", "[prometheus]") {
  ProcessGateway gateway({process_model("m")});
  REQUIRE(gateway.chat().status == 200);
  exchange(gateway.port(), chat_with("unknown"));
  const std::string text = scraped(gateway, "llmsnap_request_errors_total");
  for (const std::string& name :
       names_in(text_of_file("/examples/grafana/llmsnapd.json"), "llmsnap_")) {
    INFO(name);
    CHECK(contains(text, name));
  }
}
