// What a gateway keeps of the requests that models answered.
#include <future>
#include <string>

#include "catch.h"
#include "support/contains.h"
#include "support/listed.h"
#include "support/scripted_upstream.h"
#include "support/temporary_folder.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

using Json = nlohmann::json;

const std::string AnswerWithUsage = R"({"usage":{"prompt_tokens":11,"completion_tokens":22}})";

/// The rows once there are `count` records; what a row tells is read from the newest.
Json rows_after(TestGateway& gateway, std::size_t count, const std::string& query = "") {
  REQUIRE(gateway.wait_for_records(count).size() == count);
  const ReceivedAnswer answer = get(gateway, "/api/metrics/activity" + query);
  REQUIRE(answer.status == 200);
  return Json::parse(answer.body).at("data");
}

std::string post(const std::string& target, const std::string& body, const std::string& fields) {
  return "POST " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
         "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

ReceivedAnswer chat(TestGateway& gateway, const std::string& model,
                    const std::string& fields = {}) {
  return exchange(gateway.port(),
                  post("/v1/chat/completions", R"({"model":")" + model + R"("})", fields));
}

}  // namespace

TEST_CASE("a request of a model is one row, whatever else is asked", "[activity][O6][R7]") {
  ScriptedUpstream upstream(always(plain_answer(AnswerWithUsage)));
  TestGateway gateway(config_for(upstream.url()));
  CHECK(get(gateway, "/api/metrics").body == "[]\n");
  CHECK(chat(gateway, "m", "X-Request-Id: rid\r\nX-Session-ID: s1\r\n").status == 200);
  CHECK(get(gateway, "/v1/models").status == 200);
  const Json rows = rows_after(gateway, 3);
  REQUIRE(rows.size() == 1);
  const Json& row = rows[0];
  CHECK(row.at("id") == 1);
  CHECK(row.at("model") == "m");
  CHECK(row.at("req_path") == "/v1/chat/completions");
  CHECK(row.at("resp_status_code") == 200);
  CHECK(row.at("resp_content_type") == "application/json");
  CHECK(row.at("tokens").at("input_tokens") == 11);
  CHECK(row.at("tokens").at("output_tokens") == 22);
  CHECK(row.at("tokens").at("cache_tokens") == -1);
  CHECK(row.at("request_id") == "rid");
  CHECK(row.at("session") == "s1");
  CHECK(row.at("outcome") == "complete");
  CHECK(row.at("client") == "127.0.0.1");
  CHECK_FALSE(row.contains("error_msg"));
  const Json metrics = Json::parse(get(gateway, "/api/metrics").body);
  REQUIRE(metrics.size() == 1);
  CHECK(metrics[0].at("id") == 1);
  CHECK(metrics[0].at("input_tokens") == 11);
}

TEST_CASE("a request that failed at its model is a row with the reason", "[activity][P11]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string&) {
    client.send("HTTP/1.1 500 Broken\r\nContent-Length: 2\r\n\r\n{}");
    return true;
  });
  TestGateway gateway(config_for(upstream.url()));
  CHECK(chat(gateway, "m").status == 500);
  const Json row = rows_after(gateway, 1).at(0);
  CHECK(row.at("resp_status_code") == 500);
  CHECK(row.at("error_msg") == "500 Broken");
}

TEST_CASE("a model whose server is not there is a row, a model that is unknown is none",
          "[activity][P11]") {
  TestGateway gateway(config_for("unix:/nowhere/llmsnap-test.sock"));
  CHECK(chat(gateway, "m").status == 502);
  CHECK(chat(gateway, "unknown").status >= 400);
  const Json rows = rows_after(gateway, 2);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("resp_status_code") == 502);
  CHECK(rows[0].at("outcome") == "refused");
  CHECK_FALSE(rows[0].at("error_msg").get<std::string>().empty());
}

TEST_CASE("an answer that broke is a row that says so", "[activity]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string&) {
    client.send(BeginningOfAnswer);
    return false;
  });
  TestGateway gateway(config_for(upstream.url()));
  CHECK_FALSE(chat(gateway, "m").complete);
  const Json row = rows_after(gateway, 1).at(0);
  CHECK(row.at("resp_status_code") == 200);
  CHECK(row.at("outcome") == "upstream_broke");
  CHECK(row.contains("error_msg"));
}

TEST_CASE("a stream that broke off is a row with the events that came", "[activity]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string&) {
    client.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n12\r\ndata: {}\n\ndata: {\r\n");
    return false;
  });
  TestGateway gateway(config_for(upstream.url()));
  CHECK_FALSE(chat(gateway, "m").complete);
  const Json row = rows_after(gateway, 1).at(0);
  CHECK(row.at("tokens").at("output_tokens") == 2);
  CHECK(row.at("metadata").at("output_tokens") == "counted");
}

TEST_CASE("a POST under /upstream is a row where it is of a kind that models answer",
          "[activity][R7]") {
  ScriptedUpstream upstream(always(plain_answer(AnswerWithUsage)));
  TestGateway gateway(config_for(upstream.url()));
  CHECK(exchange(gateway.port(), post("/upstream/m/v1/chat/completions", "{}", "")).status == 200);
  CHECK(exchange(gateway.port(), post("/upstream/m/tokenize", "{}", "")).status == 200);
  CHECK(get(gateway, "/upstream/m/v1/chat/completions").status == 200);
  const Json rows = rows_after(gateway, 3);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("req_path") == "/v1/chat/completions");
  CHECK(rows[0].at("endpoint") == "/v1/chat/completions");
}

TEST_CASE("rows are filtered by their models and counted", "[activity][R7][R8]") {
  ScriptedUpstream upstream(always(plain_answer(AnswerWithUsage)));
  Config config = config_for(upstream.url());
  config.models["n"] = served_at("n", upstream.url());
  TestGateway gateway(config);
  for (const char* model : {"m", "n", "m"}) {
    CHECK(chat(gateway, model).status == 200);
  }
  const Json rows = rows_after(gateway, 3, "?model=m&limit=1");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("id") == 3);
  CHECK(get(gateway, "/api/metrics/activity?limit=0").status == 400);
  const Json stats = Json::parse(get(gateway, "/api/metrics/stats?model=m").body);
  CHECK(stats.at("total_requests") == 2);
  CHECK(stats.at("total_input_tokens") == 22);
  const ReceivedAnswer csv = get(gateway, "/api/metrics/activity/export?format=csv&model=n");
  CHECK(csv.complete);
  CHECK(contains(csv.body, "\r\n2,"));
  CHECK_FALSE(contains(csv.body, "\r\n1,"));
}

TEST_CASE("a store in a file outlives its gateway, and a reload with the same path",
          "[activity][R6]") {
  const TemporaryFolder folder;
  ScriptedUpstream upstream(always(plain_answer(AnswerWithUsage)));
  Config config = config_for(upstream.url());
  config.recording.store_path = folder.path("activity.db");
  {
    TestGateway gateway(config);
    CHECK(chat(gateway, "m").status == 200);
    CHECK(gateway.gateway().reload(config).needs_restart.empty());
    CHECK(rows_after(gateway, 1).size() == 1);
    Config elsewhere = config;
    elsewhere.recording.store_path = folder.path("other.db");
    CHECK(gateway.gateway().reload(elsewhere).needs_restart ==
          std::vector<std::string>{"store.path"});
    CHECK(chat(gateway, "m").status == 200);
    CHECK(rows_after(gateway, 3).size() == 2);
  }
  TestGateway gateway(config);
  CHECK(chat(gateway, "m").status == 200);
  const Json rows = rows_after(gateway, 1);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].at("id") == 3);
}

TEST_CASE("requests do not notice a store that cannot be written", "[activity][H07]") {
  const TemporaryFolder folder;
  ScriptedUpstream upstream(always(plain_answer(AnswerWithUsage)));
  Config config = config_for(upstream.url());
  config.recording.store_path = folder.path("none/activity.db");
  TestGateway gateway(config);
  CHECK(chat(gateway, "m").status == 200);
  const Json rows = rows_after(gateway, 1);
  REQUIRE(rows.size() == 1);
  CHECK(gateway.wait_for_line("the activity store"));
  const Json stats = Json::parse(get(gateway, "/api/metrics/stats").body);
  CHECK(stats.at("store_fault") == "it cannot be opened: No such file or directory");
}

TEST_CASE("the activity is nobody's without a key", "[activity]") {
  ScriptedUpstream upstream(always(plain_answer(AnswerWithUsage)));
  Config config = config_for(upstream.url());
  config.api_keys.push_back({.name = "laptop", .key = "secret"});
  TestGateway gateway(config);
  for (const char* target : {"/api/metrics", "/api/metrics/activity", "/api/metrics/stats",
                             "/api/metrics/activity/export"}) {
    CHECK(get(gateway, target).status == 401);
  }
  CHECK(chat(gateway, "m", "Authorization: Bearer secret\r\n").status == 200);
  CHECK(chat(gateway, "m").status == 401);
  gateway.wait_for_records(6);
  const ReceivedAnswer answer = exchange(
      gateway.port(),
      "GET /api/metrics/activity HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: secret\r\n\r\n");
  const Json rows = Json::parse(answer.body).at("data");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("key_name") == "laptop");
  CHECK_FALSE(contains(answer.body, "secret"));
}
