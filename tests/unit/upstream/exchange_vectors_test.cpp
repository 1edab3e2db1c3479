#include <memory>
#include <optional>
#include <string>

#include "catch.h"
#include "fake_server.h"
#include "io/fiber.h"
#include "response_vectors.h"
#include "unit/io/loop_runner.h"
#include "upstream/exchange.h"
#include "upstream/pool.h"

using namespace llmsnap;
using namespace llmsnap::upstream;

namespace {

struct Outcome {
  std::optional<Error> open_error;
  std::optional<Error> pull_error;
  std::string body;
  std::string x_a;
};

Outcome exchange(Pool& pool, const Url& url, const std::string& method) {
  Outcome outcome;
  Result<std::unique_ptr<Exchange>> opened =
      Exchange::open(pool, {url, method, "/x", {}, nullptr, {}, {}});
  if (!opened) {
    outcome.open_error = opened.error();
    return outcome;
  }
  Exchange& answer = **opened;
  if (const wire::Field* field = wire::find_field(answer.head().fields, "X-A")) {
    outcome.x_a = field->value;
  }
  for (;;) {
    const Result<std::string_view> piece = answer.pull();
    if (!piece) {
      outcome.pull_error = piece.error();
      return outcome;
    }
    if (piece->empty()) {
      return outcome;
    }
    outcome.body += *piece;
  }
}

void check(const ResponseVector& vector, const Outcome& outcome) {
  CAPTURE(vector.name);
  if (vector.expect == "forward") {
    CHECK_FALSE(outcome.open_error);
    CHECK_FALSE(outcome.pull_error);
  } else if (vector.expect == "bad_gateway") {
    CHECK(outcome.open_error);
  } else {
    CHECK((outcome.open_error || outcome.pull_error));
  }
  for (const std::optional<Error>& error : {outcome.open_error, outcome.pull_error}) {
    if (error) {
      CHECK(error->code == ErrorCode::UpstreamFailed);
    }
  }
  if (vector.body) {
    CHECK(outcome.body == *vector.body);
  }
  if (vector.x_a) {
    CHECK(outcome.x_a == *vector.x_a);
  }
}

}  // namespace

TEST_CASE("every answer vector gets its treatment over a socket, whole and split", "[upstream]") {
  for (const ResponseVector& vector : load_response_vectors()) {
    // Cut at each byte of a short answer; a long one is only sent whole.
    const std::size_t cuts = vector.response.size() < 2'000 ? vector.response.size() : 1;
    for (std::size_t cut = 0; cut < cuts; ++cut) {
      io::run_on_fiber([&vector, cut] {
        FakeServer server([&vector, cut](Connection& connection) {
          connection.read_request();
          connection.send(std::string_view(vector.response).substr(0, cut));
          io::Fiber::yield();
          connection.send(std::string_view(vector.response).substr(cut));
        });
        Pool pool;
        check(vector, exchange(pool, server.url(), vector.method));
        if (vector.expect != "forward") {
          CHECK(pool.idle() == 0);
        }
      });
    }
  }
}
