#include "http/http_date.h"

#include "catch.h"

using namespace llmsnap::http;

TEST_CASE("the date has the one form that HTTP knows, whatever the locale", "[http]") {
  HttpDate date;
  CHECK(date.at(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(date.at(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(date.at(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
}
