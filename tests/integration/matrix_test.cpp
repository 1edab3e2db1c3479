// A matrix over real processes: who runs beside whom, and who makes room for whom.
#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "support/process_config.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

/// Models a, b and c, with flags for a.
Config with_sets(std::vector<MatrixSet> sets, const std::string& flags = {}) {
  Config config =
      process_config({process_model("a", flags), process_model("b"), process_model("c")});
  config.matrix.emplace().sets = std::move(sets);
  return config;
}

bool runs(ProcessGateway& gateway, std::string_view model) {
  return gateway.status(model).state == ModelState::Ready;
}

}  // namespace

TEST_CASE("models of one set run together, and make room for what is in no set with them",
          "[matrix]") {
  ProcessGateway gateway(with_sets({{"pair", "a & b"}, {"alone", "c"}}));
  CHECK(gateway.chat("a").status == 200);
  CHECK(gateway.chat("b").status == 200);
  CHECK(runs(gateway, "a"));
  const pid_t first = gateway.pid("a");
  const pid_t second = gateway.pid("b");
  CHECK(gateway.chat("c").status == 200);
  CHECK(is_gone(first));
  CHECK(is_gone(second));
  CHECK(gateway.chat("b").status == 200);
  CHECK(gateway.history().wait_for("c", ModelState::Stopped));
  CHECK_FALSE(runs(gateway, "a"));  // a set says what may run, not what must
}

TEST_CASE("a matrix evicts what its cheapest combination lacks and leaves the others running",
          "[matrix]") {
  Config config = with_sets({{"left", "a & c"}, {"right", "b & c"}, {"both", "a & b"}});
  config.matrix->evict_costs = {{"b", 10}};
  ProcessGateway gateway(config);
  CHECK(gateway.chat("a").status == 200);
  CHECK(gateway.chat("b").status == 200);
  const pid_t dear = gateway.pid("b");
  CHECK(gateway.chat("c").status == 200);
  CHECK(gateway.history().wait_for("a", ModelState::Stopped));
  CHECK(gateway.pid("b") == dear);
  CHECK(runs(gateway, "b"));
}

TEST_CASE("of two combinations that cost the same the one of the earlier set stays", "[matrix]") {
  ProcessGateway gateway(with_sets({{"z", "b & c"}, {"y", "a & c"}, {"x", "a & b"}}));
  CHECK(gateway.chat("a").status == 200);
  CHECK(gateway.chat("b").status == 200);
  CHECK(gateway.chat("c").status == 200);
  CHECK(gateway.history().wait_for("a", ModelState::Stopped));
  CHECK(runs(gateway, "b"));
}

TEST_CASE("what a matrix evicts ends its requests first, and who may stay serves meanwhile",
          "[matrix]") {
  ProcessGateway gateway(
      with_sets({{"s", "a & b | b & c"}}, "--tokens 60 --tokens-per-second 100"));
  CHECK(gateway.chat("b").status == 200);
  TestSocket stream = gateway.client(stream_from("a"));
  stream.put_back(stream.receive_until("data: "));
  TestSocket waiting = gateway.client(chat_with("c"));
  CHECK(gateway.chat("b").status == 200);
  CHECK(receive_answer(stream).complete);
  CHECK(receive_answer(waiting).status == 200);
  CHECK(gateway.history().becomes(
      "b starting, b ready, a starting, a ready, a draining, a stopping, a stopped, c starting, c "
      "ready"));
}

TEST_CASE("models that a matrix lets run together start side by side", "[matrix]") {
  ProcessGateway gateway(with_sets({{"all", "a & b & c"}}, "--load-ms 60000"));
  TestSocket loading = gateway.client(chat_with("a"));
  REQUIRE(gateway.history().wait_for("a", ModelState::Starting));
  CHECK(gateway.chat("b").status == 200);
  CHECK(gateway.chat("c").status == 200);
  CHECK(gateway.status("a").state == ModelState::Starting);
}
