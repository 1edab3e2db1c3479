#include "process/redirect.h"

#include "catch.h"

using namespace llmsnap;
using namespace llmsnap::process;

TEST_CASE("a redirect is followed on the server that was asked, and nowhere else", "[process]") {
  struct Row {
    const char* location;
    const char* target;  ///< null: not followed
  };
  const auto row = GENERATE(
      Row{"/ready", "/ready"}, Row{"/ready?x=1#top", "/ready?x=1"}, Row{"ready", "/v1/ready"},
      Row{"?x=2", "/v1/health?x=2"}, Row{"http://127.0.0.1:5800/ready", "/ready"},
      Row{"HTTP://127.0.0.1:5800", "/"}, Row{"http://127.0.0.1:5800?x", "/?x"},
      Row{"//127.0.0.1:5800/a:b", "/a:b"}, Row{"/a:b", "/a:b"},
      Row{"http://127.0.0.1:5801/ready", nullptr}, Row{"http://127.0.0.1/ready", nullptr},
      Row{"http://127.0.0.2:5800/ready", nullptr}, Row{"https://127.0.0.1:5800/ready", nullptr},
      Row{"//example.org/ready", nullptr}, Row{"http://u@127.0.0.1:5800/", nullptr},
      Row{"file:///etc/passwd", nullptr}, Row{"http:ready", nullptr}, Row{"//", nullptr},
      Row{"", nullptr}, Row{"#top", nullptr});
  CAPTURE(row.location);
  const auto target =
      redirect_target(*parse_url("http://127.0.0.1:5800"), "/v1/health?full=1", row.location);
  REQUIRE(target.has_value() == (row.target != nullptr));
  if (target) {
    CHECK(*target == row.target);
  }
}

TEST_CASE("a server behind a Unix socket has no name that a redirect could hold", "[process]") {
  const Url server = *parse_url("unix:/run/model.sock");
  CHECK(redirect_target(server, "/health", "/ready") == "/ready");
  CHECK_FALSE(redirect_target(server, "/health", "http://localhost/ready").has_value());
}
