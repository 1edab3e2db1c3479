#include "route/static_models.h"

#include "catch.h"

namespace llmsnap::route {
namespace {

Config two_models() {
  Config config;
  ModelConfig small;
  small.id = "small";
  small.proxy = "http://127.0.0.1:9001";
  small.aliases = {"gpt-4o-mini", "big"};
  ModelConfig big;
  big.id = "big";
  big.proxy = "http://127.0.0.1:9002/base";
  config.models = {{"small", small}, {"big", big}};
  return config;
}

}  // namespace

TEST_CASE("a model is found by id and by alias, an id wins", "[route]") {
  const auto models = StaticModels::make(two_models());
  REQUIRE(models);
  REQUIRE((*models)->find("small"));
  CHECK((*models)->find("small")->config.id == "small");
  CHECK((*models)->find("gpt-4o-mini") == (*models)->find("small"));
  CHECK((*models)->find("big")->config.id == "big");
  CHECK((*models)->find("big")->url.base_path == "/base");
  CHECK_FALSE((*models)->find("Small"));
  CHECK_FALSE((*models)->find(""));
}

TEST_CASE("all models are listed by id, and each is ready", "[route]") {
  const auto models = StaticModels::make(two_models());
  REQUIRE(models);
  const auto list = (*models)->list();
  REQUIRE(list.size() == 2);
  CHECK(list[0]->config.id == "big");
  CHECK(list[1]->config.id == "small");
  CHECK((*models)->is_ready(*list[0]));
  const auto lease = (*models)->acquire(list[1], {}, nullptr);
  REQUIRE(lease);
  CHECK(&(*lease)->model() == list[1].get());
}

TEST_CASE("a lease keeps its model when the service is gone", "[route]") {
  auto models = StaticModels::make(two_models());
  REQUIRE(models);
  const auto lease = (*models)->acquire((*models)->find("small"), {}, nullptr);
  REQUIRE(lease);
  models->reset();
  CHECK((*lease)->model().config.id == "small");
}

TEST_CASE("a server that runs by itself gets as many requests at once as its model may have",
          "[route]") {
  Config config = two_models();
  config.models["big"].concurrency_limit = 2;
  const auto models = StaticModels::make(config);
  REQUIRE(models);
  const auto big = (*models)->find("big");
  const auto first = (*models)->acquire(big, {}, nullptr);
  {
    const auto second = (*models)->acquire_ready(big, Counting::Counted);
    REQUIRE(second);
    const auto refused = (*models)->acquire(big, {}, nullptr);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::ConcurrencyLimit);
    CHECK(refused.error().message == "big serves 2 requests already, its concurrencyLimit");
    CHECK((*models)->acquire_ready(big, Counting::Uncounted));
    // What goes on counts under the next config too.
    const auto next = StaticModels::make(config, {}, models->get());
    REQUIRE(next);
    CHECK_FALSE((*next)->acquire((*next)->find("big"), {}, nullptr));
  }
  CHECK((*models)->acquire(big, {}, nullptr));
}

TEST_CASE("without a concurrencyLimit of its own a server that runs by itself has none",
          "[route]") {
  const auto models = StaticModels::make(two_models());
  REQUIRE(models);
  std::vector<std::unique_ptr<Lease>> leases;
  for (int count = 0; count < 300; ++count) {
    auto lease = (*models)->acquire((*models)->find("small"), {}, nullptr);
    REQUIRE(lease);
    leases.push_back(std::move(*lease));
  }
}

TEST_CASE("a model without a usable proxy is a config error that names it", "[route]") {
  Config config = two_models();
  config.models["small"].proxy = GENERATE("", "ftp://x");
  const auto models = StaticModels::make(config);
  REQUIRE_FALSE(models);
  CHECK(models.error().code == ErrorCode::InvalidConfig);
  CHECK(models.error().message.find("models.small.proxy: ") == 0);
}

}  // namespace llmsnap::route
