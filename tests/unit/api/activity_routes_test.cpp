#include <memory>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "client.h"
#include "support/contains.h"

namespace llmsnap::api::test {
namespace {

using Json = nlohmann::ordered_json;
using llmsnap::test::contains;
using Ids = std::vector<std::uint64_t>;

TrafficRecord record_of(const std::string& model, std::int64_t at = 1'700'000'000) {
  TrafficRecord record;
  record.metered = true;
  record.model = model;
  record.method = "POST";
  record.path = "/v1/chat/completions";
  record.status = 200;
  record.received_at = std::chrono::system_clock::time_point(std::chrono::seconds(at));
  return record;
}

Json json_of(Client& client, const std::string& target) {
  const Reply reply = client.get(target);
  INFO(target << ": " << reply.body);
  REQUIRE(reply.status == 200);
  CHECK(reply.field("Content-Type") == "application/json");
  return Json::parse(reply.body);
}

Ids ids_of(const Json& rows) {
  Ids ids;
  for (const Json& row : rows) {
    ids.push_back(row.at("id"));
  }
  return ids;
}

Ids found(Client& client, const std::string& query) {
  return ids_of(json_of(client, "/api/metrics/activity?" + query).at("data"));
}

std::string refusal(Client& client, const std::string& target) {
  const Reply reply = client.get(target);
  INFO(target);
  CHECK(reply.status == 400);
  return Json::parse(reply.body).at("error").at("message");
}

}  // namespace

TEST_CASE("without rows the activity is empty, in every form", "[api][R7][P1]") {
  Client client;
  CHECK(client.get("/api/metrics/activity").body ==
        R"({"data":[],"page":1,"limit":25,"total":0,"total_pages":0})"
        "\n");
  CHECK(client.get("/api/metrics").body == "[]\n");
  CHECK(client.get("/api/metrics/activity/export?format=json").body == "[]\n");
  const Json stats = json_of(client, "/api/metrics/stats");
  CHECK(stats.at("total_requests") == 0);
  CHECK(stats.at("prompt_histogram").is_null());
  CHECK(stats.at("gen_histogram").is_null());
  CHECK(stats.at("store_fault").is_null());
}

TEST_CASE("a row has the fields of llama-swap first, and says whether it has a capture",
          "[api][R7]") {
  Client client;
  TrafficRecord record = record_of("m");
  record.selector = "sel";
  record.usage.output_tokens = 8;
  client.activity.observe(record);
  record.status = 500;
  record.selector.clear();
  client.activity.observe(record);
  client.captures.add(1, std::make_shared<const TrafficCapture>());
  const Json page = json_of(client, "/api/metrics/activity?order=asc&limit=1");
  CHECK(page.at("total") == 2);
  CHECK(page.at("total_pages") == 2);
  const std::string text = page.at("data").at(0).dump();
  CHECK(text.rfind(R"({"id":1,"timestamp":"2023-11-14T22:13:20.000Z","model":"m",)"
                   R"("req_path":"/v1/chat/completions","resp_content_type":"",)"
                   R"("resp_status_code":200,"tokens":{"cache_tokens":-1,"draft_tokens":-1,)"
                   R"("draft_acc_tokens":-1,"input_tokens":0,"output_tokens":8,)"
                   R"("prompt_per_second":-1.0,"tokens_per_second":-1.0,)",
                   0) == 0);
  CHECK(contains(text, R"("duration_ms":0,"has_capture":true,"metadata":{"selector":"sel"})"));
  const Json failed = json_of(client, "/api/metrics/activity?min_id=2").at("data").at(0);
  CHECK(failed.at("has_capture") == false);
  CHECK(failed.at("error_msg") == "500 Internal Server Error");
  CHECK_FALSE(failed.contains("metadata"));
}

TEST_CASE("rows are filtered, paged and sorted as the query says", "[api][R2][R3][R4][R7]") {
  Client client;
  const std::int64_t begin = 1'767'225'600;  // 2026-01-01T00:00:00Z
  client.activity.observe(record_of("a", begin));
  client.activity.observe(record_of("b", begin + 60));
  client.activity.observe(record_of("a b", begin + 120));
  CHECK(found(client, "") == Ids{3, 2, 1});
  CHECK(found(client, "model=a") == Ids{1});
  CHECK(found(client, "model=a&model=b") == Ids{2, 1});
  CHECK(found(client, "model=%20a%20&model=") == Ids{1});
  CHECK(found(client, "model=+&model=") == Ids{3, 2, 1});
  CHECK(found(client, "model=a+b") == Ids{3});
  CHECK(found(client, "model=none").empty());
  CHECK(found(client, "start=2026-01-01T00:01:00Z") == Ids{3, 2});
  CHECK(found(client, "end=2026-01-01T00:01:00Z") == Ids{2, 1});
  CHECK(found(client, "start=2026-01-01T01:01:00%2B01:00&end=2026-01-01T00:01:00.9Z") == Ids{2});
  CHECK(found(client, "start=2026-01-01T01:01:00+01:00") == Ids{3, 2});
  CHECK(found(client, "min_id=2") == Ids{3, 2});
  CHECK(found(client, "max_id=2&model=b&start=2026-01-01T00:00:00Z") == Ids{2});
  CHECK(found(client, "min_id=2&max_id=2") == Ids{2});
  CHECK(found(client, "limit=2&page=2") == Ids{1});
  CHECK(found(client, "page=9223372036854775807").empty());
  CHECK(found(client, "limit=&page=&sort=&order=&start=&min_id=") == Ids{3, 2, 1});
  CHECK(found(client, "sort=time&order=ASC") == Ids{1, 2, 3});
  CHECK(found(client, "sort=model&order=Desc") == Ids{2, 3, 1});
}

TEST_CASE("what a query may not say is 400, in the words of llama-swap", "[api][R7]") {
  Client client;
  const auto of = [&client](const std::string& query) {
    return refusal(client, "/api/metrics/activity?" + query);
  };
  CHECK(of("start=nonsense") == "invalid 'start' timestamp, use RFC3339 format");
  CHECK(of("end=2026-01-01") == "invalid 'end' timestamp, use RFC3339 format");
  CHECK(of("start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z") == "start must be before end");
  CHECK(of("min_id=abc") == "min_id must be >= 1");
  CHECK(of("min_id=-1") == "min_id must be >= 1");
  CHECK(of("max_id=0") == "max_id must be >= 1");
  CHECK(of("min_id=9&max_id=2") == "min_id must be <= max_id");
  CHECK(of("limit=x") == "invalid limit");
  CHECK(of("limit=0") == "limit must be between 1 and 999");
  CHECK(of("limit=1000") == "limit must be between 1 and 999");
  CHECK(of("page=0") == "page must be >= 1");
  CHECK(of("sort=output_tokens").starts_with("invalid sort column: it is one of id, time, "));
  CHECK(of("order=up") == "order must be asc or desc");
  CHECK(refusal(client, "/api/metrics/activity/export?min_id=0") == "min_id must be >= 1");
  CHECK(refusal(client, "/api/metrics/activity/export?format=xml") == "format must be csv or json");
}

TEST_CASE("statistics are of one model, or of all", "[api][R8]") {
  Client client;
  TrafficRecord record = record_of("a");
  record.usage.input_tokens = 3;
  record.usage.output_tokens = 4;
  record.usage.cached_tokens = 2;
  record.usage.prompt_per_second = 30;
  record.usage.tokens_per_second = 20;
  client.activity.observe(record);
  client.activity.observe(record_of("b"));
  CHECK(json_of(client, "/api/metrics/stats").at("total_requests") == 2);
  const Json stats = json_of(client, "/api/metrics/stats?model=a");
  CHECK(stats.at("total_requests") == 1);
  CHECK(stats.at("total_input_tokens") == 3);
  CHECK(stats.at("total_output_tokens") == 4);
  CHECK(stats.at("total_cache_tokens") == 2);
  CHECK(stats.at("prompt_histogram").dump() ==
        R"({"bins":[1],"min":30.0,"max":30.0,"binSize":0.0,"p50":30.0,"p95":30.0,"p99":30.0})");
  CHECK(stats.at("gen_histogram").at("p50") == 20);
}

TEST_CASE("the rows of llmsnap's metrics are the last ones, oldest first", "[api][P1]") {
  Config config;
  config.recording.records_in_memory = 2;
  Client client(config);
  for (int count = 0; count < 3; ++count) {
    client.activity.observe(record_of("m"));
  }
  const Json rows = json_of(client, "/api/metrics");
  CHECK(ids_of(rows) == Ids{2, 3});
  CHECK(rows.at(0).dump() ==
        R"({"id":2,"timestamp":"2023-11-14T22:13:20.000Z","model":"m","cache_tokens":-1,)"
        R"("input_tokens":0,"output_tokens":0,"prompt_per_second":-1.0,)"
        R"("tokens_per_second":-1.0,"duration_ms":0,"has_capture":false})");
}

TEST_CASE("an export has all rows, in pages that nobody sees", "[api]") {
  Client client;
  for (int count = 0; count < 450; ++count) {
    client.activity.observe(record_of(count % 2 == 0 ? "a" : "b"));
  }
  const Json rows = json_of(client, "/api/metrics/activity/export?format=json&model=a");
  REQUIRE(rows.size() == 225);
  CHECK(rows.front().at("id") == 1);
  CHECK(rows.back().at("id") == 449);
  const Reply csv = client.get("/api/metrics/activity/export?format=csv");
  CHECK(csv.field("Content-Type") == "text/csv; charset=utf-8");
  CHECK(csv.field("Content-Disposition") == "attachment; filename=\"activity.csv\"");
  CHECK(std::count(csv.body.begin(), csv.body.end(), '\n') == 451);
}

TEST_CASE("no text of a client is a formula in an exported table", "[api]") {
  Client client;
  TrafficRecord record = record_of("m");
  record.user_agent = "=HYPERLINK(\"http://x\")";
  record.session = "+1,2";
  record.requested_model = "a \"b\", c";
  record.key_name = "plain";
  client.activity.observe(record);
  const std::string csv = client.get("/api/metrics/activity/export").body;
  const std::string header = csv.substr(0, csv.find("\r\n"));
  const std::string line = csv.substr(header.size() + 2);
  CHECK(contains(line, ",\"'=HYPERLINK(\"\"http://x\"\")\","));
  CHECK(contains(line, ",\"'+1,2\","));
  CHECK(contains(line, ",\"a \"\"b\"\", c\","));
  CHECK(contains(line, ",plain,"));
  CHECK(contains(line, ",-1,-1,-1,0,0,-1,-1,0,"));
  CHECK(std::count(header.begin(), header.end(), ',') == 36);
}

TEST_CASE("bytes that are no UTF-8 do not break the answer", "[api]") {
  Client client;
  TrafficRecord record = record_of("m");
  record.user_agent = "\xff\xfe";
  record.selector = "\xff";
  client.activity.observe(record);
  CHECK(json_of(client, "/api/metrics/activity").at("data").size() == 1);
}

}  // namespace llmsnap::api::test
