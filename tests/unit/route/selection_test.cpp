#include "route/selection.h"

#include <algorithm>
#include <string>
#include <vector>

#include "catch.h"
#include "peer/peer.h"
#include "route/static_models.h"

namespace llmsnap::route {
namespace {

Config with_peers(const std::vector<std::string>& peers) {
  Config config;
  for (const std::string& id : peers) {
    config.peers[id].id = id;
    config.peers[id].proxy = "http://" + id + ":1";
    config.peers[id].models = {"m", "only-" + id};
  }
  return config;
}

Config spilling(int spillover) {
  Config config = with_peers({"a", "b", "c"});
  SelectorConfig& selector = config.selectors["s"];
  selector.strategy = SelectorStrategy::Spillover;
  selector.targets = {"a/m", "b/m", "c/m"};
  selector.target_names = selector.targets;
  selector.spillover = spillover;
  return config;
}

std::unique_ptr<StaticModels> table_of(const Config& config, const StaticModels* before = nullptr) {
  return std::move(*StaticModels::make(config, {}, before));
}

const Refusal Broken{"broken", Trouble::Failing};

/// Of every request, if it does not say another one: the clock stands still.
const SteadyClock::time_point Begin{std::chrono::hours(1)};

std::string chosen_by(Attempts& attempts, SteadyClock::time_point now = Begin) {
  const Target* target = attempts.next(now);
  return target == nullptr ? "" : target->model->config.id;
}

/// Requests that are in work until this goes.
class InWork {
 public:
  InWork(const Selection& selection, const ModelService& models,
         SteadyClock::time_point now = Begin)
      : attempts_(selection, models) {
    chosen_ = chosen_by(attempts_, now);
    place_ = attempts_.take_reservation();
  }
  const std::string& chosen() const { return chosen_; }

 private:
  Attempts attempts_;
  std::string chosen_;
  Reservation place_;
};

}  // namespace

TEST_CASE("a target that has enough requests spills over to the next one", "[route]") {
  const auto models = table_of(spilling(2));
  const auto selection = models->selection("s");
  REQUIRE(selection);
  std::vector<std::unique_ptr<InWork>> requests;
  std::string order;
  for (int i = 0; i < 6; ++i) {
    requests.push_back(std::make_unique<InWork>(*selection, *models));
    order += requests.back()->chosen().substr(0, 1);
  }
  CHECK(order == "aabbcc");
  requests[2].reset();
  CHECK(InWork(*selection, *models).chosen() == "b/m");  // the least busy one
}

TEST_CASE("a request that has ended leaves its place", "[route]") {
  const auto models = table_of(spilling(1));
  const auto selection = models->selection("s");
  for (int i = 0; i < 5; ++i) {
    CHECK(InWork(*selection, *models).chosen() == "a/m");
  }
}

TEST_CASE("a target that refuses is tried once by a request, and not at once by the next",
          "[route]") {
  const auto models = table_of(spilling(1));
  const auto selection = models->selection("s");
  Attempts first(*selection, *models);
  CHECK(chosen_by(first) == "a/m");
  first.refused(Broken, Begin);
  CHECK(chosen_by(first) == "b/m");
  first.refused(Broken, Begin);
  CHECK(chosen_by(first) == "c/m");
  first.served();
  first.take_reservation();

  CHECK(InWork(*selection, *models).chosen() == "c/m");
  Attempts all(*selection, *models);
  CHECK(chosen_by(all) == "c/m");
  all.refused(Broken, Begin);
  CHECK(chosen_by(all) == "a/m");  // better than nobody
  all.served();
  CHECK(chosen_by(all) == "b/m");
  CHECK(chosen_by(all).empty());
}

TEST_CASE("a target that has no room now is passed over by this request alone", "[route]") {
  const auto models = table_of(spilling(1));
  const auto selection = models->selection("s");
  for (int i = 0; i < 5; ++i) {
    Attempts attempts(*selection, *models);
    CHECK(chosen_by(attempts) == "a/m");
    attempts.refused({"at its limit", Trouble::Busy}, Begin);
    CHECK(chosen_by(attempts) == "b/m");
  }
}

TEST_CASE("a target that asks for a pause is passed over by all, and no longer each time",
          "[route]") {
  const auto models = table_of(spilling(1));
  const auto selection = models->selection("s");
  Attempts attempts(*selection, *models);
  CHECK(chosen_by(attempts) == "a/m");
  attempts.refused({"status 429", Trouble::Busy, std::chrono::seconds(60)}, Begin);
  attempts.take_reservation();
  const auto over = Begin + std::chrono::seconds(60);
  CHECK(InWork(*selection, *models, over - std::chrono::milliseconds(1)).chosen() == "b/m");
  CHECK(InWork(*selection, *models, over).chosen() == "a/m");
}

TEST_CASE("a peer that does not answer is asked last", "[route]") {
  const auto models = table_of(with_peers({"a", "b"}));
  const auto selection = models->selection("m");
  REQUIRE(selection);
  CHECK(InWork(*selection, *models).chosen() == "a/m");
  models->find("a/m")->peer->failed(Begin, Begin);
  CHECK(InWork(*selection, *models).chosen() == "b/m");
  CHECK(InWork(*selection, *models, Begin + std::chrono::seconds(1)).chosen() == "a/m");
  CHECK(InWork(*selection, *models).chosen() == "b/m");
  models->find("a/m")->peer->answered(Begin);
  CHECK(InWork(*selection, *models).chosen() == "a/m");
  models->find("b/m")->peer->has_told({"m"});
  CHECK(InWork(*selection, *models).chosen() == "b/m");  // it has the model loaded
}

TEST_CASE("what is known of targets and peers outlives a config that does not change them",
          "[route]") {
  const auto before = table_of(spilling(1));
  const InWork request(*before->selection("s"), *before);
  before->find("b/m")->peer->failed(Begin, Begin);
  const auto same = table_of(spilling(1), before.get());
  CHECK(same->selection("s")->book == before->selection("s")->book);
  CHECK(same->find("b/m")->peer == before->find("b/m")->peer);
  CHECK(InWork(*same->selection("s"), *same).chosen() == "c/m");

  Config other = spilling(1);
  other.selectors["s"].targets = {"c/m", "a/m"};
  other.selectors["s"].target_names = {"c/m", "a/m"};
  other.peers["b"].api_key = "new";
  const auto changed = table_of(other, before.get());
  CHECK(changed->selection("s")->book != before->selection("s")->book);
  CHECK(changed->find("b/m")->peer != before->find("b/m")->peer);
  CHECK(changed->find("a/m")->peer == before->find("a/m")->peer);
}

TEST_CASE("peers' models are found by qualified and by bare names, after models of our own",
          "[route]") {
  Config config = with_peers({"a", "b"});
  config.peers["a"].models.emplace_back("local");
  config.peers["a"].models.emplace_back("nick");
  config.peers["a"].models.emplace_back("b/m");  // the qualified name of another one
  config.models["local"].id = "local";
  config.models["local"].proxy = "http://127.0.0.1:9000";
  config.models["local"].aliases = {"nick"};
  const auto models = table_of(config);
  const auto id_of = [&models](const std::string& name) {
    const auto model = models->find(name);
    return model == nullptr ? std::string() : model->config.id;
  };
  CHECK(id_of("a/m") == "a/m");
  CHECK(id_of("only-b") == "b/only-b");
  CHECK(id_of("local") == "local");
  CHECK(id_of("nick") == "local");
  CHECK(id_of("a/nick") == "a/nick");
  CHECK(id_of("b/m") == "b/m");
  CHECK(models->find("b/m")->config.use_model_name == "m");
  CHECK(id_of("a/b/m") == "a/b/m");
  CHECK(id_of("m") == "a/m");
  CHECK(id_of("c/m").empty());
  CHECK_FALSE(models->selection("only-b"));
  CHECK_FALSE(models->selection("local"));
  REQUIRE(models->selection("m"));
  CHECK(models->selection("m")->config.id.empty());
}

}  // namespace llmsnap::route
