#include "base/back_off.h"

#include "catch.h"

namespace llmsnap {
namespace {

using std::chrono::seconds;

const BackOff::Time Begin = SteadyClock::now();

}  // namespace

TEST_CASE("failures in a row put the next try off for longer each time", "[base]") {
  BackOff back_off;
  auto now = Begin;
  for (const int pause : {1, 2, 4, 8, 60, 60}) {
    back_off.failed(now);
    CHECK(back_off.retry_at() == now + seconds(pause));
    CHECK(back_off.backing_off(now));
    now = back_off.retry_at();
    CHECK_FALSE(back_off.backing_off(now));
  }
  back_off.forgive();
  back_off.failed(now);
  CHECK(back_off.retry_at() == now + seconds(1));
}

TEST_CASE("of attempts at once that fail the first alone counts", "[base]") {
  BackOff back_off;
  CHECK(back_off.attempt_failed(Begin, Begin + seconds(5)));
  const auto retry_at = Begin + seconds(6);
  CHECK_FALSE(back_off.attempt_failed(Begin + seconds(4), Begin + seconds(5)));
  CHECK_FALSE(back_off.attempt_failed(Begin, Begin + seconds(30)));
  CHECK(back_off.retry_at() == retry_at);
  CHECK(back_off.in_a_row() == 1);
  CHECK(back_off.attempt_failed(retry_at, retry_at));
  CHECK(back_off.retry_at() == retry_at + seconds(2));
}

TEST_CASE("to be put off is no failure, and shortens no pause", "[base]") {
  BackOff back_off;
  back_off.put_off(Begin + seconds(30));
  CHECK(back_off.backing_off(Begin + seconds(29)));
  back_off.put_off(Begin + seconds(3));
  CHECK(back_off.retry_at() == Begin + seconds(30));
  CHECK(back_off.in_a_row() == 0);
}

}  // namespace llmsnap
