#include "upstream/started_body.h"

#include "catch.h"
#include "scripted_body.h"

using namespace llmsnap;
using namespace llmsnap::upstream;

TEST_CASE("a started body gives every piece once, also from its start again", "[upstream]") {
  ScriptedBody source({"a", "b"});
  StartedBody body(&source);
  for (int round = 0; round < 2; ++round) {
    REQUIRE(body.start());
    REQUIRE(body.start());
    CHECK(body.ready());
    CHECK(source.pulls == round * 3 + 1);
    CHECK(*body.pull() == "a");
    CHECK_FALSE(body.ready());
    CHECK(*body.pull() == "b");
    CHECK(body.pull()->empty());
    CHECK(body.rewind());
  }
  REQUIRE(body.start());
  CHECK(body.rewind());
  CHECK(*body.pull() == "a");
}

TEST_CASE("a body without bytes is not pulled to be started", "[upstream]") {
  CHECK(StartedBody(nullptr).start());
  ScriptedBody source({});
  CHECK(StartedBody(&source).start());
  CHECK(source.pulls == 0);
}

TEST_CASE("a body that breaks at its first piece does so at its start", "[upstream]") {
  ScriptedBody source({});
  source.announced.reset();
  source.error = Error{ErrorCode::RequestTimeout, "the client stopped sending"};
  const Result<void> started = StartedBody(&source).start();
  REQUIRE_FALSE(started);
  CHECK(started.error().message == "the client stopped sending");
}
