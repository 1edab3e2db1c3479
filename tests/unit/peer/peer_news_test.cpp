#include "peer/peer_news.h"

#include "catch.h"

namespace llmsnap::peer {

TEST_CASE("a gateway's answer to /running tells which of its models serve", "[peer]") {
  const auto running = models_running(
      R"({"running":[{"model":"a","state":"ready"},{"model":"b","state":"starting"},
                     {"model":"c","state":"asleep"},7,{"state":"ready"}]})");
  REQUIRE(running);
  CHECK(running->ready.count("a") == 1);
  CHECK(running->not_ready.count("b") == 1);
  CHECK(running->not_ready.count("c") == 1);
  CHECK(models_running(R"({"running":[]})"));
}

TEST_CASE("an answer to /running that no gateway gives tells nothing", "[peer]") {
  const std::string text = GENERATE(values<std::string>(
      {"", "[]", "{}", "404 page not found", R"({"running":null})", R"({"running":{"a":1}})",
       R"({"running":[)", "\xff\xfe", R"("running")", "7"}));
  CAPTURE(text);
  CHECK_FALSE(models_running(text));
}

TEST_CASE("a listing tells all names, and which are loaded where it says so", "[peer]") {
  const auto listing = models_listed(
      R"({"object":"list","data":[{"id":"a","status":{"value":"loaded"}},
          {"id":"b","status":{"value":"unloaded"}},{"id":"c"},{"id":7},"x",
          {"id":"d","status":"loaded"},{"id":"e","status":{"value":true}}]})");
  REQUIRE(listing);
  CHECK(listing->names.count("c") == 1);
  CHECK(listing->loaded == Names{"a"});
  CHECK(listing->tells_states);
  CHECK_FALSE(models_listed("{}"));
  CHECK_FALSE(models_listed(R"({"data":{}})"));
  CHECK_FALSE(models_listed("<html>"));
}

TEST_CASE("a server of models lists names without states", "[peer]") {
  const auto listing = models_listed(R"({"object":"list","data":[{"id":"a","owned_by":"vllm"}]})");
  REQUIRE(listing);
  CHECK(listing->names == Names{"a"});
  CHECK_FALSE(listing->tells_states);
}

TEST_CASE("a model that the listing calls loaded while it starts would not serve", "[peer]") {
  const Listing listing{{"a", "alias-of-a", "b"}, {"a", "alias-of-a", "b"}, true};
  CHECK(loaded_models({{"a"}, {"b"}}, listing) == Names{"a", "alias-of-a"});
}

}  // namespace llmsnap::peer
