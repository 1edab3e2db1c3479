#include "peer/inquiry.h"

#include <chrono>
#include <vector>

#include "catch.h"

namespace llmsnap::peer {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Inquiry::Time Begin{std::chrono::hours(1)};

/// When the next round is, after one that ended now and told this.
Inquiry::Time after(Inquiry& inquiry, Said running, Said listing, Inquiry::Time now = Begin) {
  inquiry.told(running, listing, now);
  return inquiry.next_round(now, now);
}

}  // namespace

TEST_CASE("a peer of which nothing is known is asked both questions", "[peer]") {
  const Inquiry inquiry;
  CHECK(inquiry.asks_running(Begin));
  CHECK(inquiry.reads_listing(Begin));
  CHECK(inquiry.next_round(Begin, Begin) == Begin + seconds(15));
}

TEST_CASE("a gateway is asked both questions every 15 s", "[peer]") {
  Inquiry inquiry;
  const Said listing = GENERATE(Said::States, Said::Names, Said::Refused, Said::Nothing);
  auto now = Begin;
  for (int round = 0; round < 5; ++round) {
    const auto next = after(inquiry, Said::States, listing, now);
    CHECK(next == now + seconds(15));
    CHECK(inquiry.asks_running(next));
    CHECK(inquiry.reads_listing(next));
    now = next;
  }
}

TEST_CASE("a peer that refuses both is asked again after longer pauses, up to a minute", "[peer]") {
  Inquiry inquiry;
  auto now = Begin;
  for (const int pause : {1, 2, 4, 8, 60, 60}) {
    const auto next = after(inquiry, Said::Refused, Said::Refused, now);
    CHECK(next == now + seconds(pause));
    CHECK_FALSE(inquiry.asks_running(next - seconds(1)));
    CHECK(inquiry.asks_running(next));
    CHECK(inquiry.reads_listing(next));
    now = next;
  }
  CHECK(after(inquiry, Said::States, Said::States, now) == now + seconds(15));
  CHECK(after(inquiry, Said::Refused, Said::Refused, now) == now + seconds(1));
}

TEST_CASE("a gateway that refuses /running alone is asked for it again, and tells states meanwhile",
          "[peer]") {
  Inquiry inquiry;
  std::vector<int> asked;  // in seconds from the beginning
  for (auto now = Begin; now < Begin + minutes(4); now += seconds(15)) {
    const bool asks = inquiry.asks_running(now);
    if (asks) {
      asked.push_back(static_cast<int>(std::chrono::duration_cast<seconds>(now - Begin).count()));
    }
    const auto next = after(inquiry, asks ? Said::Refused : Said::NotAsked, Said::States, now);
    CHECK(next == now + seconds(15));
    CHECK(inquiry.reads_listing(next));
  }
  CHECK(asked == std::vector<int>{0, 15, 30, 45, 60, 120, 180});
}

TEST_CASE("of a server that tells no states the head of its listing is asked for every 30 s",
          "[peer]") {
  Inquiry inquiry;
  auto now = Begin;
  for (auto next = after(inquiry, Said::Nothing, Said::Names, now); now < Begin + minutes(9);
       next = after(inquiry, Said::NotAsked, Said::Names, now)) {
    CHECK(next == now + seconds(30));
    CHECK_FALSE(inquiry.asks_running(next));
    CHECK_FALSE(inquiry.reads_listing(next));
    now = next;
  }
  CHECK(inquiry.asks_running(Begin + minutes(10)));  // another server may have its address now
  CHECK(inquiry.reads_listing(Begin + minutes(10)));
}

TEST_CASE("a server that has just answered a request need not show that it is there", "[peer]") {
  Inquiry inquiry;
  inquiry.told(Said::Nothing, GENERATE(Said::Names, Said::Nothing), Begin);
  CHECK(inquiry.next_round(Begin, Begin - seconds(5)) == Begin + seconds(30));
  CHECK(inquiry.next_round(Begin, Begin + seconds(20)) == Begin + seconds(50));
  inquiry.told(Said::NotAsked, Said::States, Begin);
  CHECK(inquiry.next_round(Begin, Begin + seconds(10)) == Begin + seconds(15));
}

TEST_CASE("a peer that has failed, or whose listing is another one, is asked for /running anew",
          "[peer]") {
  Inquiry inquiry;
  inquiry.told(Said::Nothing, Said::Nothing, Begin);
  CHECK_FALSE(inquiry.asks_running(Begin + seconds(30)));
  CHECK(inquiry.reads_listing(Begin + seconds(30)));
  SECTION("it failed") {
    inquiry.failed();
  }
  SECTION("it has a listing now") {
    inquiry.told(Said::NotAsked, Said::Names, Begin);
  }
  CHECK(inquiry.asks_running(Begin + seconds(30)));
}

TEST_CASE("what may be answered later is told from what a server does not have", "[peer]") {
  const int status = GENERATE(401, 403, 429, 500, 503);
  CHECK(refuses(status));
  const int none = GENERATE(200, 302, 400, 404, 405, 501);
  CHECK_FALSE(refuses(none));
}

}  // namespace llmsnap::peer
