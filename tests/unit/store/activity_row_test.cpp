#include "store/activity_row.h"

#include "catch.h"
#include "records.h"

namespace llmsnap::store {
namespace {

using namespace std::chrono_literals;
using test::record_of;

TEST_CASE("a row has what is known of the request, and what is not known is -1", "[store][R1]") {
  TrafficRecord record = record_of("m");
  const auto begin = TrafficRecord::Clock::now();
  record.received = begin;
  record.lease_asked = begin + 1ms;
  record.model_leased = begin + 31ms;
  record.first_byte = begin + 40ms;
  record.tokens = {.first = begin + 50ms, .last = begin + 90ms, .pieces = 5};
  record.finished = begin + 1500ms;
  record.selector = "fast";
  record.session = "s1";
  record.streamed = true;
  record.usage.input_tokens = 7;
  const ActivityRow row = row_of(record);
  CHECK(row.at == record.received_at + 1500ms);
  CHECK(row.duration_ms == 1500);
  CHECK(row.queue_ms == 30);
  CHECK(row.first_byte_ms == 40);
  CHECK(row.first_token_ms == 50);
  CHECK(row.token_gap_ms == 10);
  CHECK(row.input_tokens == 7);
  CHECK(row.output_tokens == 0);
  CHECK(row.cached_tokens == Unknown);
  CHECK(row.draft_tokens == Unknown);
  CHECK(row.prompt_per_second == Unknown);
  CHECK(row.tokens_per_second == Unknown);
  CHECK(row.reasoning_tokens == Unknown);
  CHECK(row.metadata == R"({"selector":"fast"})");
  CHECK(row.session == "s1");
  CHECK(row.outcome == "complete");
  CHECK(row.error.empty());
}

TEST_CASE("the duration is the server's where that is more", "[store][P3]") {
  TrafficRecord record = record_of("m");
  record.received = TrafficRecord::Clock::now();
  record.finished = record.received + 100ms;
  record.usage.inference_time = 60ms;
  CHECK(row_of(record).duration_ms == 100);
  record.usage.inference_time = 250ms;
  CHECK(row_of(record).duration_ms == 250);
}

TEST_CASE("a request that failed says why, one with 201, 204 or 101 has not", "[store][P11]") {
  TrafficRecord record = record_of("m");
  record.status = GENERATE(200, 201, 204, 101);
  CHECK(row_of(record).error.empty());
  record.status = 502;
  CHECK(row_of(record).error == "502 Bad Gateway");
  record.status = 599;
  CHECK(row_of(record).error == "HTTP 599");
  record.error = "the server broke";
  CHECK(row_of(record).error == "the server broke");
  record.server_error = "out of memory";
  CHECK(row_of(record).error == "out of memory");
}

TEST_CASE("an answer that broke after its head is a failure with status 200", "[store]") {
  TrafficRecord record = record_of("m");
  record.outcome = Outcome::ClientLeft;
  CHECK(row_of(record).error == "the client left");
  record.outcome = Outcome::UpstreamBroke;
  record.error = "connection reset";
  const ActivityRow row = row_of(record);
  CHECK(row.error == "connection reset");
  CHECK(row.outcome == "upstream_broke");
  CHECK(row.status == 200);
}

TEST_CASE("of an answer that was cut off the events are counted as its tokens", "[store]") {
  TrafficRecord record = record_of("m");
  record.tokens.pieces = 7;
  record.outcome = GENERATE(Outcome::ClientLeft, Outcome::UpstreamBroke, Outcome::Shutdown);
  CHECK(row_of(record).output_tokens == 7);
  CHECK(row_of(record).metadata == R"({"output_tokens":"counted"})");
}

TEST_CASE("what a server told of an answer's tokens comes before a count of its events",
          "[store]") {
  TrafficRecord record = record_of("m");
  record.endpoint = "/v1/chat/completions";
  record.tokens.pieces = 8;  // with the role, the end and the usage itself
  record.usage.output_tokens = 5;
  record.outcome = GENERATE(Outcome::ClientLeft, Outcome::UpstreamBroke, Outcome::Shutdown);
  CHECK(row_of(record).output_tokens == 5);
  CHECK(row_of(record).metadata.empty());
}

TEST_CASE("the count that Anthropic's first event has is but a beginning", "[store]") {
  TrafficRecord record = record_of("m");
  record.endpoint = "/v1/messages";
  record.tokens.pieces = 8;
  record.outcome = Outcome::ClientLeft;
  record.usage.output_tokens = 1;
  CHECK(row_of(record).output_tokens == 8);
  CHECK(row_of(record).metadata == R"({"output_tokens":"counted"})");
  record.usage.output_tokens = 9;
  CHECK(row_of(record).output_tokens == 9);
  record.usage.output_tokens = 5;
  record.usage.stop_reason = "end_turn";
  CHECK(row_of(record).output_tokens == 5);
  CHECK(row_of(record).metadata.empty());
}

TEST_CASE("long texts are cut, and no character is cut in two", "[store]") {
  TrafficRecord record = record_of("m");
  record.status = 500;
  record.server_error = std::string(511, 'x') + "\xc3\xa4" + std::string(1000, 'y');
  CHECK(row_of(record).error == std::string(511, 'x') + "...");
}

}  // namespace
}  // namespace llmsnap::store
