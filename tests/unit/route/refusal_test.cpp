#include "route/refusal.h"

#include <string>

#include "catch.h"

namespace llmsnap::route {
namespace {

using std::chrono::seconds;

seconds pause_after(const std::string& retry_after) {
  const wire::Field field{"retry-after", retry_after};
  const auto refusal = refusal_of(429, {&field, 1});
  REQUIRE(refusal);
  CHECK(refusal->trouble == Trouble::Busy);
  return refusal->pause;
}

}  // namespace

TEST_CASE("a server that answers 429 is left alone for as long as it asks for, within bounds",
          "[route]") {
  CHECK(pause_after("7") == seconds(7));
  CHECK(pause_after("0") == seconds(1));
  CHECK(pause_after("-5") == seconds(1));
  CHECK(pause_after("3600") == seconds(60));
  CHECK(pause_after("99999999999999999999999") == seconds(60));
  CHECK(pause_after("") == seconds(1));
  CHECK(pause_after("Wed, 21 Oct 2026 07:28:00 GMT") == seconds(1));
  CHECK(refusal_of(429, {})->pause == seconds(1));
}

TEST_CASE("a gateway's own limit is no failure of the model and lasts for one request", "[route]") {
  for (const ErrorCode code :
       {ErrorCode::TooManyRequests, ErrorCode::ConcurrencyLimit, ErrorCode::Unavailable}) {
    const auto refusal = refusal_of(Error{code, "full", seconds(30)});
    REQUIRE(refusal);
    CHECK(refusal->trouble == Trouble::Busy);
    CHECK(refusal->pause == seconds(0));
    CHECK(refusal->why == "full");
  }
}

TEST_CASE(
    "what is broken or leads in a circle fails, and what is the request's fault is no refusal",
    "[route]") {
  for (const int status : {502, 503, 504, 508}) {
    CHECK(refusal_of(status, {})->trouble == Trouble::Failing);
  }
  for (const ErrorCode code :
       {ErrorCode::UpstreamFailed, ErrorCode::UpstreamTimeout, ErrorCode::LoopDetected}) {
    CHECK(refusal_of(Error{code, "x"})->trouble == Trouble::Failing);
  }
  for (const int status : {200, 400, 404, 500}) {
    CHECK_FALSE(refusal_of(status, {}));
  }
  CHECK_FALSE(refusal_of(Error{ErrorCode::BadRequest, "x"}));
}

}  // namespace llmsnap::route
