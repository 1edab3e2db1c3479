#include "record/answer_tap.h"

#include "catch.h"

using llmsnap::TrafficRecord;
using llmsnap::record::AnswerTap;

TEST_CASE("a tap tells bytes, first byte and usage of what passed", "[record]") {
  AnswerTap tap("application/json", "");
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
  AnswerTap tap("text/plain", "");
  TrafficRecord record;
  record.response_bytes = 2;
  record.first_byte = TrafficRecord::Clock::time_point(std::chrono::seconds(1));
  tap.pass("12345");
  tap.complete(record);
  CHECK(record.response_bytes == 2);
  CHECK(record.first_byte == TrafficRecord::Clock::time_point(std::chrono::seconds(1)));
}

TEST_CASE("an answer without a body has no first byte", "[record]") {
  AnswerTap tap("", "");
  TrafficRecord record;
  tap.complete(record);
  CHECK(record.first_byte == TrafficRecord::Clock::time_point{});
  CHECK(record.response_bytes == 0);
}
