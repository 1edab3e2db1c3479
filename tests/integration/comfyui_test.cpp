// ComfyUI: the pages of one local model under a path of their own.
#include <string>

#include "catch.h"
#include "support/contains.h"
#include "support/process_config.h"
#include "support/scripted_upstream.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

std::string ask(std::string_view method, std::string_view path) {
  return std::string(method) + " " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
}

}  // namespace

TEST_CASE("ComfyUI without its slash is redirected, query and all", "[comfyui][J9]") {
  ProcessGateway gateway({process_model("comfyui_auto")});
  const auto [method, status] =
      GENERATE(table<std::string, int>({{"GET", 301}, {"HEAD", 301}, {"POST", 308}}));
  const ReceivedAnswer answer =
      exchange(gateway.port(), ask(method, "/comfyui?a=b%20c"), method == "HEAD");
  CHECK(answer.status == status);
  CHECK(answer.field("location") == "/comfyui/?a=b%20c");
  CHECK(gateway.history().events().empty());
}

TEST_CASE("only ComfyUI's root starts it", "[comfyui][J9]") {
  ProcessGateway gateway({process_model("comfyui_auto", "--load-ms 200")});
  const std::string path = GENERATE("/comfyui/app.js", "/comfyui/api/queue", "/comfyui//");
  const ReceivedAnswer refused = exchange(gateway.port(), ask("GET", path));
  CHECK(refused.status == 409);
  CHECK(contains(refused.body, "model comfyui_auto is not loaded; only /comfyui/ can start it"));
  CHECK(gateway.history().events().empty());
  TestSocket root = gateway.client(ask("GET", "/comfyui/"));
  REQUIRE(gateway.history().wait_for("comfyui_auto", ModelState::Starting));
  CHECK(exchange(gateway.port(), ask("GET", path)).status == 409);
  CHECK(receive_answer(root).status != 409);
  CHECK(exchange(gateway.port(), ask("GET", "/comfyui/v1/models")).status == 200);
}

TEST_CASE("what is behind ComfyUI's root goes on as it is", "[comfyui][J9]") {
  ScriptedUpstream server(always(plain_answer("{}")));
  Config config = process_config({});
  config.models["comfyui_auto"].proxy = server.url();
  ProcessGateway gateway(config);
  const std::string path = GENERATE("/a%2Fb?x=%252F", "/%C3%A4", "/?q=1", "/");
  CHECK(exchange(gateway.port(), ask("GET", "/comfyui" + path)).status == 200);
  REQUIRE(server.wait_for_requests(1));
  CHECK(contains(server.received().at(0), "GET " + path + " HTTP/1.1\r\n"));
}

TEST_CASE("ComfyUI is a model of our own or not found", "[comfyui][J9]") {
  Config config = process_config({process_model("m")});
  config.peers["box"].proxy = "http://127.0.0.1:9";
  config.peers["box"].models = {"comfyui_auto"};
  ProcessGateway gateway(config);
  const ReceivedAnswer answer = exchange(gateway.port(), ask("GET", "/comfyui/"));
  CHECK(answer.status == 404);
  CHECK(contains(answer.body, "local model comfyui_auto not found"));
}
