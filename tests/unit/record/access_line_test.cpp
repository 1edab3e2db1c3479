#include "record/access_line.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "base/escape.h"
#include "catch.h"

using namespace std::chrono_literals;
using llmsnap::AccessLogFormat;
using llmsnap::TrafficRecord;
using llmsnap::record::access_line;
using llmsnap::record::belongs_in_access_log;

namespace {

TrafficRecord sample() {
  TrafficRecord record;
  record.id = "req-1";
  record.client = "127.0.0.1";
  record.user_agent = "curl/8.5";
  record.method = "POST";
  record.path = "/v1/chat/completions?a=%20";
  record.source = llmsnap::Source::Local;
  record.model = "qwen";
  record.status = 200;
  record.response_bytes = 5120;
  record.received_at = std::chrono::system_clock::time_point(1'700'000'000'042ms);
  record.received = TrafficRecord::Clock::time_point(1h);
  record.first_byte = record.received + 2ms;
  record.finished = record.received + 12'345us;
  record.usage.output_tokens = 7;
  return record;
}

}  // namespace

TEST_CASE("a text line says who asked what and what came of it", "[record]") {
  CHECK(access_line(sample(), AccessLogFormat::Text) ==
        R"(Request 127.0.0.1 "POST /v1/chat/completions?a=%20 HTTP/1.1" 200 5120 "curl/8.5" )"
        R"(12.345ms "qwen" req-1)");
  CHECK(access_line(sample(), AccessLogFormat::Off).empty());
}

TEST_CASE("a text line has a place for everything that is missing", "[record]") {
  TrafficRecord record;
  record.method = "GET";
  record.path = "/";
  CHECK(access_line(record, AccessLogFormat::Text) ==
        R"(Request - "GET / HTTP/1.1" 0 0 "" 0us "-" -)");
}

TEST_CASE("a text line of an answer that broke says how", "[record]") {
  auto record = sample();
  record.outcome = llmsnap::Outcome::UpstreamBroke;
  record.error = "the \"connection\" was closed";
  CHECK(access_line(record, AccessLogFormat::Text)
            .ends_with(R"( 12.345ms upstream_broke "the \"connection\" was closed" "qwen" req-1)"));
}

TEST_CASE("durations are given in the unit that suits them", "[record]") {
  TrafficRecord record = sample();
  const auto line = [&record](std::chrono::microseconds duration) {
    record.finished = record.received + duration;
    const std::string text = access_line(record, AccessLogFormat::Text);
    const std::string behind = " \"qwen\" req-1";
    const std::string timed = text.substr(0, text.size() - behind.size());
    return timed.substr(timed.rfind(' ') + 1);
  };
  CHECK(line(431us) == "431us");
  CHECK(line(1ms) == "1.000ms");
  CHECK(line(83'200ms) == "83.200s");
}

TEST_CASE("nothing a client sends adds a line or ends a quoted part", "[record]") {
  TrafficRecord record = sample();
  record.user_agent = "a\"b\\c\r\nRequest \x1b[2J\x80";
  CHECK(access_line(record, AccessLogFormat::Text) ==
        R"(Request 127.0.0.1 "POST /v1/chat/completions?a=%20 HTTP/1.1" 200 5120 )"
        R"("a\"b\\c\r\nRequest \x1b[2J\x80" 12.345ms "qwen" req-1)");
  record.user_agent = "\\";
  record.model = "a \"model\"\n";
  CHECK(access_line(record, AccessLogFormat::Text)
            .ends_with(R"( "\\" 12.345ms "a \"model\"\n" req-1)"));
}

TEST_CASE("the log's escaping leaves access lines as they are", "[record]") {
  TrafficRecord record = sample();
  record.user_agent = "a\"b\\c\r\n\x1b \xc3\xa4 \x80";
  for (const auto format : {AccessLogFormat::Text, AccessLogFormat::Json}) {
    const std::string line = access_line(record, format);
    CHECK(llmsnap::escaped(line) == line);
  }
}

TEST_CASE("a JSON line is one object with what is known", "[record]") {
  const auto json = nlohmann::json::parse(access_line(sample(), AccessLogFormat::Json));
  CHECK(json["time"] == "2023-11-14T22:13:20.042Z");
  CHECK(json["id"] == "req-1");
  CHECK(json["model"] == "qwen");
  CHECK(json["path"] == "/v1/chat/completions?a=%20");
  CHECK(json["status"] == 200);
  CHECK(json["outcome"] == "complete");
  CHECK(json["source"] == "local");
  CHECK(json["bytes"] == 5120);
  CHECK(json["streamed"] == false);
  CHECK(json["first_byte_ms"] == 2.0);
  CHECK(json["duration_ms"] == 12.345);
  CHECK(json["output_tokens"] == 7);
  CHECK_FALSE(json.contains("input_tokens"));
  CHECK_FALSE(json.contains("error"));
}

TEST_CASE("a JSON line is valid whatever the client sent", "[record]") {
  TrafficRecord record = sample();
  record.user_agent = "quote \" backslash \\ line\n esc \x1b del \x7f umlaut \xc3\xa4 c1 \xc2\x9b";
  const std::string line = access_line(record, AccessLogFormat::Json);
  CHECK(nlohmann::json::parse(line)["user_agent"] == record.user_agent);
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.find('\x1b') == std::string::npos);
  CHECK(line.find("\xc2\x9b") == std::string::npos);

  record.user_agent = "bad \xff\xc2";
  CHECK(nlohmann::json::parse(access_line(record, AccessLogFormat::Json))["user_agent"] ==
        "bad \xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("only what monitors poll stays out of the access log", "[record]") {
  TrafficRecord record;
  record.path = "/wol-health";
  CHECK_FALSE(belongs_in_access_log(record));
  record.path = "/wol-health?x=1";
  CHECK_FALSE(belongs_in_access_log(record));
  for (const char* polled : {"/metrics", "/api/performance?after=x"}) {
    record.path = polled;
    CHECK_FALSE(belongs_in_access_log(record));
  }
  record.path = "/metrics";
  record.source = llmsnap::Source::Local;  // of a model
  CHECK(belongs_in_access_log(record));
  record.source = llmsnap::Source::Gateway;
  record.path = GENERATE("/wol-health/x", "/health", "/", "");
  CHECK(belongs_in_access_log(record));
}
