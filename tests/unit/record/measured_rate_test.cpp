#include "record/measured_rate.h"

#include "catch.h"

using llmsnap::TrafficRecord;
using llmsnap::record::measured_rate;
using namespace std::chrono_literals;

namespace {

const TrafficRecord::Clock::time_point Begin{1000s};

TrafficRecord with_tokens(std::uint64_t output) {
  TrafficRecord record;
  record.received = Begin;
  record.usage.output_tokens = output;
  return record;
}

}  // namespace

TEST_CASE("without the server's word the rate is tokens by time", "[record]") {
  TrafficRecord record = with_tokens(20);
  CHECK(measured_rate(record, Begin + 2s) == 10.0);

  record.model_leased = Begin + 1s;
  CHECK(measured_rate(record, Begin + 2s) == 20.0);
}

TEST_CASE("a stream's rate is that between its first and last piece", "[record]") {
  TrafficRecord record = with_tokens(21);
  record.model_leased = Begin;
  record.tokens = {.first = Begin + 8s, .last = Begin + 10s, .pieces = 21};
  CHECK(measured_rate(record, Begin + 10s) == 10.0);
}

TEST_CASE("a stream that was kept back and came at once has the rate of the whole time",
          "[record]") {
  TrafficRecord record = with_tokens(20);
  record.model_leased = Begin;
  record.tokens = {.first = Begin + 2s, .last = Begin + 2s + 100us, .pieces = 20};
  CHECK(measured_rate(record, Begin + 2s) == 10.0);
  record.tokens.last = record.tokens.first;
  CHECK(measured_rate(record, Begin + 2s) == 10.0);
}

TEST_CASE("no tokens, and no time, have no rate", "[record]") {
  CHECK_FALSE(measured_rate(TrafficRecord(), Begin));
  CHECK_FALSE(measured_rate(with_tokens(0), Begin + 2s));
  CHECK_FALSE(measured_rate(with_tokens(20), Begin));
  CHECK_FALSE(measured_rate(with_tokens(20), {}));
}
