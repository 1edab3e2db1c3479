#include "schedule/answer_watch.h"

#include "catch.h"

using llmsnap::schedule::AnswerWatch;

TEST_CASE("three failures in a row are suspicious, of requests or of health checks", "[schedule]") {
  AnswerWatch watch;
  CHECK_FALSE(watch.badly());
  CHECK_FALSE(watch.check_failed());
  CHECK(watch.badly());
  CHECK_FALSE(watch.check_failed());
  CHECK_FALSE(watch.check_failed());
  CHECK(watch.check_failed());
  CHECK_FALSE(watch.check_failed());
}

TEST_CASE("a good answer to a request clears both counts", "[schedule]") {
  AnswerWatch watch;
  watch.badly();
  watch.check_failed();
  watch.well(0);
  CHECK_FALSE(watch.badly());
  CHECK_FALSE(watch.badly());
  watch.begin_life();
  CHECK_FALSE(watch.check_failed());
  CHECK_FALSE(watch.check_failed());
}

TEST_CASE("a good health check hides no failure of a request", "[schedule]") {
  AnswerWatch watch;
  for (int i = 0; i < 2; ++i) {
    CHECK_FALSE(watch.badly());
    watch.check_passed();
  }
  CHECK(watch.badly());
  CHECK_FALSE(watch.check_failed());
  CHECK_FALSE(watch.check_failed());
  watch.check_passed();
  CHECK_FALSE(watch.check_failed());
}
