#include "wire/status_reason.h"

#include "catch.h"

namespace llmsnap::wire {

TEST_CASE("known statuses have their reason and others none", "[wire]") {
  CHECK(status_reason(200) == "OK");
  CHECK(status_reason(421) == "Misdirected Request");
  CHECK(status_reason(511) == "Network Authentication Required");
  CHECK(status_reason(299).empty());
  CHECK(status_reason(0).empty());
}

}  // namespace llmsnap::wire
