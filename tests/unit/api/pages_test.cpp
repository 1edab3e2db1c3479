// What the gateway tells of itself, and what its answers forbid a browser.
#include <nlohmann/json.hpp>

#include "api/html_text.h"
#include "catch.h"
#include "client.h"
#include "support/contains.h"

namespace llmsnap::api {
namespace {

using llmsnap::test::contains;
using nlohmann::json;
using test::Client;

Config config_with_key() {
  Config config;
  config.api_keys = {{"alice", "secret"}};
  return config;
}

TEST_CASE("the version is told with commit and date of the build", "[api][I8]") {
  Client client;
  const auto reply = client.get("/api/version");
  CHECK(reply.field("Content-Type") == "application/json");
  CHECK(json::parse(reply.body) ==
        json{{"version", "0.9-canary"}, {"commit", "abc"}, {"build_date", "2026-11-29"}});
}

TEST_CASE("/ and /upstream lead to the UI", "[api][I12]") {
  Client client;
  CHECK(client.get("/").field("Location") == "/ui");
  CHECK(client.get("/ui").field("Location") == "/ui/");
  CHECK(client.get("/upstream").field("Location") == "/ui/models");
  CHECK(client.get("/logs", {{"Accept", "text/html,*/*"}}).status == 302);
  CHECK(client.get("/logs", {{"Accept", "text/html,*/*"}}).field("Location") == "/ui/");
  CHECK(client.get("/logs", {{"Accept", "*/*"}}).status == 200);
}

TEST_CASE("the page shows version, models and states to who has a key, else how to send it",
          "[api]") {
  Client client(config_with_key());
  client.models.statuses["m"].state = ModelState::Starting;
  const auto stranger = client.get("/ui/");
  CHECK(stranger.status == 200);
  CHECK(contains(stranger.body, "x-api-key"));
  CHECK_FALSE(contains(stranger.body, "org/name"));
  const auto page = client.get("/ui/", {{"Authorization", "Bearer secret"}});
  CHECK(contains(page.body, "org/name"));
  CHECK(contains(page.body, "starting"));
  CHECK(contains(page.body, "0.9-canary"));
  CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
  CHECK(client.get("/ui/sign-in").has("WWW-Authenticate"));
}

TEST_CASE("a model's name is text on the page, whatever it is", "[api][E06]") {
  Client client;
  ModelConfig model;
  model.id = "<img src=x onerror=alert(1)>";
  model.name = "\"><script>'&";
  model.proxy = "http://127.0.0.1:9002";
  client.models.add(model);
  const auto page = client.get("/ui/").body;
  CHECK_FALSE(contains(page, "<img"));
  CHECK_FALSE(contains(page, "<script"));
  CHECK(contains(page, "&lt;img src=x onerror=alert(1)&gt;"));
}

TEST_CASE("a name of any length and direction is text, also where it is asked for in vain",
          "[api][E06]") {
  const std::string name = GENERATE(values<std::string>({"${7*7}", "{{7*7}}", "</title><script>",
                                                         "\xe2\x80\xae"
                                                         "gpj.exe",
                                                         std::string(10'000, '<')}));
  Client client;
  ModelConfig model;
  model.id = name;
  model.proxy = "http://127.0.0.1:9002";
  client.models.add(model);
  CHECK(contains(client.get("/ui/").body, "<td>" + html_escaped(name) + "</td>"));
  CHECK(json::parse(client.get("/v1/models").body).dump().size() > name.size());
  const auto unknown =
      client.post("/v1/completions", json{{"model", name + "?"}}.dump(), {{"Accept", "text/html"}});
  CHECK(unknown.status == (name.size() < 1000 ? 404 : 400));  // too long for any model
  CHECK_FALSE(contains(unknown.body, "<script"));
  CHECK_FALSE(contains(unknown.body, "<<"));
}

TEST_CASE("no path leads out of the pages of the UI", "[api][E12]") {
  Client client;
  for (const char* path : {"..%2f..%2fetc/passwd", "%2e%2e/", "....//", "%c0%ae%c0%ae/",
                           "/etc/passwd", "models//etc", "../", "app.js", "x%5c..%5c"}) {
    INFO(path);
    const auto reply = client.get(std::string("/ui/") + path);
    CHECK(reply.status == 404);
    CHECK_FALSE(contains(reply.body, "root:"));
  }
  CHECK(client.get("/ui/activity/7").status == 200);
}

TEST_CASE("our own answers tell a browser not to guess, frame, or keep", "[api][E08]") {
  Client client;
  const auto page = client.get("/ui/");
  CHECK(page.field("Content-Security-Policy") ==
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
  CHECK(page.field("Cross-Origin-Resource-Policy") == "same-origin");
  const auto version = client.get("/api/version");
  CHECK(version.field("Cache-Control") == "no-store");
  CHECK(version.field("Cross-Origin-Resource-Policy") == "same-origin");
  CHECK(client.get("/api/nowhere").field("Cache-Control") == "no-store");
  for (const auto& reply : {page, version, client.get("/v1/models"), client.get("/nowhere")}) {
    CHECK(reply.field("X-Content-Type-Options") == "nosniff");
    CHECK(reply.field("Referrer-Policy") == "no-referrer");
  }
  const auto error = client.get("/nowhere", {{"Accept", "text/html"}});
  CHECK(error.has("Content-Security-Policy"));
}

TEST_CASE("what a model's server answers carries only its own fields", "[api]") {
  Client client;
  const auto reply = client.post("/v1/completions", R"({"model":"m"})");
  CHECK_FALSE(reply.has("Referrer-Policy"));
  CHECK_FALSE(reply.has("X-Content-Type-Options"));
}

}  // namespace
}  // namespace llmsnap::api
