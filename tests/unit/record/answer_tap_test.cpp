#include "record/answer_tap.h"

#include <string>
#include <string_view>

#include "catch.h"
#include "support/coded_text.h"

using namespace llmsnap::test;
using llmsnap::TrafficRecord;
using llmsnap::record::AnswerTap;

TEST_CASE("a tap tells bytes, first byte and usage of what passed", "[record]") {
  AnswerTap tap({.content_type = "application/json"});
  TrafficRecord record;
  record.received = TrafficRecord::Clock::now();
  tap.pass("");
  tap.pass(R"({"usage":{"prompt_)");
  tap.pass(R"(tokens":3}})");
  tap.complete(record);
  CHECK(record.response_bytes == 29);
  CHECK(record.first_byte >= record.received);
  CHECK(record.usage.input_tokens == 3u);
}

TEST_CASE("what the front knows of the bytes sent is kept", "[record]") {
  AnswerTap tap({.content_type = "text/plain"});
  TrafficRecord record;
  record.response_bytes = 2;
  record.first_byte = TrafficRecord::Clock::time_point(std::chrono::seconds(1));
  tap.pass("12345");
  tap.complete(record);
  CHECK(record.response_bytes == 2);
  CHECK(record.first_byte == TrafficRecord::Clock::time_point(std::chrono::seconds(1)));
}

TEST_CASE("an answer without a body has no first byte", "[record]") {
  AnswerTap tap({});
  TrafficRecord record;
  tap.complete(record);
  CHECK(record.first_byte == TrafficRecord::Clock::time_point{});
  CHECK(record.response_bytes == 0);
}

TEST_CASE("a compressed answer tells its usage, and nothing is said of a broken one", "[record]") {
  const std::string body = R"({"usage":{"prompt_tokens":3,"completion_tokens":4}})";
  TrafficRecord record;
  AnswerTap tap({.content_type = "application/json", .content_encoding = "gzip"});
  const std::string coded = gzip_coded(body);
  tap.pass(coded.substr(0, 20));
  tap.pass(coded.substr(20));
  tap.complete(record);
  CHECK(record.usage.input_tokens == 3u);
  CHECK(record.usage.output_tokens == 4u);
  CHECK(record.response_bytes == coded.size());

  TrafficRecord of_broken;
  AnswerTap broken({.content_type = "application/json", .content_encoding = "gzip"});
  broken.pass(body);
  broken.complete(of_broken);
  CHECK_FALSE(of_broken.usage.input_tokens);
  CHECK(of_broken.server_error.empty());
}

TEST_CASE("the times of a stream's pieces are noted, compressed or not", "[record]") {
  const bool coded = GENERATE(false, true);
  const std::string stream =
      "data: {\"a\":1}\n\ndata: {\"b\":2}\n\n: sign of life\n\ndata: [DONE]\n\n";
  const std::string bytes = coded ? gzip_coded(stream) : stream;
  const auto before = TrafficRecord::Clock::now();
  AnswerTap tap({.content_type = "text/event-stream", .content_encoding = coded ? "gzip" : ""});
  for (const char byte : bytes) {
    tap.pass(std::string_view(&byte, 1));
  }
  TrafficRecord record;
  tap.complete(record);
  CHECK(record.tokens.pieces == 2);
  CHECK(record.tokens.first >= before);
  CHECK(record.tokens.last >= record.tokens.first);
  CHECK(record.tokens.last <= TrafficRecord::Clock::now());
}

TEST_CASE("an answer that is no stream has no times of tokens", "[record]") {
  AnswerTap tap({.content_type = "application/json"});
  tap.pass("{}");
  TrafficRecord record;
  tap.complete(record);
  CHECK(record.tokens.pieces == 0);
  CHECK(record.tokens.first == TrafficRecord::Clock::time_point{});
}

TEST_CASE("what the server says of its error is noted, decoded", "[record]") {
  const std::string error = R"({"error":{"message":"the context is full"}})";
  struct Row {
    const char* type;
    const char* encoding;
    std::string body;
    const char* told;
  };
  const Row row = GENERATE_COPY(values<Row>(
      {{"application/json", "", error, "the context is full"},
       {"text/plain", "", error, "the context is full"},
       {"application/json", "gzip", gzip_coded(error), "the context is full"},
       {"application/json", "br", brotli_coded(error), "the context is full"},
       {"application/json", "gzip", error, "response decode failed"},
       {"application/json", "gzip, br", error, "400 Bad Request"},
       {"application/json", "utf-8", error, "the context is full"},
       {"application/json", "", error + std::string(100'000, ' '), "the context is full"},
       {"application/json", "", R"({"error":")" + std::string(100'000, 'x') + "\"}",
        "400 Bad Request"},
       {"text/html", "", "<h1>no</h1>", "400 Bad Request"}}));
  INFO(row.type << ' ' << row.encoding << ' ' << row.body.substr(0, 100));
  AnswerTap tap({.status = 400,
                 .reason = "Bad Request",
                 .content_type = row.type,
                 .content_encoding = row.encoding});
  tap.pass(std::string_view(row.body).substr(0, 10));
  tap.pass(std::string_view(row.body).substr(10));
  TrafficRecord record;
  tap.complete(record);
  CHECK(record.server_error == row.told);
}

TEST_CASE("a rate is measured where the server tells none, and never the prompt's", "[record]") {
  const auto rates_of = [](std::string_view body) {
    AnswerTap tap({.content_type = "application/json"});
    TrafficRecord record;
    record.received = TrafficRecord::Clock::now() - std::chrono::seconds(2);
    tap.pass(body);
    tap.complete(record);
    return record.usage;
  };
  const auto measured = rates_of(R"({"usage":{"prompt_tokens":5,"completion_tokens":20}})");
  REQUIRE(measured.tokens_per_second);
  CHECK(*measured.tokens_per_second > 8);
  CHECK(*measured.tokens_per_second < 12);
  CHECK_FALSE(measured.prompt_per_second);

  const auto told = rates_of(R"({"timings":{"predicted_n":20,"predicted_per_second":77.5}})");
  CHECK(told.tokens_per_second == 77.5);
  CHECK_FALSE(rates_of(R"({"usage":{"completion_tokens":0}})").tokens_per_second);
}
