#include "config/peer_names.h"

#include "config/target_names.h"
#include "config_text.h"

namespace llmsnap {
namespace {

const std::string Peers =
    "peers:\n"
    "  p: {proxy: http://h, models: [one, both, org/deep]}\n"
    "  q: {proxy: http://h, models: [both, p/one]}\n";

std::string found(const std::string& name) {
  const PeerNames names(config_of(Peers));
  const PeerModel* model = names.find(name);
  return model == nullptr ? "" : model->peer + " " + model->model + " as " + model->name;
}

TEST_CASE("a peer's model is found by its qualified name, never by a part of it",
          "[config][peers]") {
  CHECK(found("p/one") == "p one as p/one");
  CHECK(found("p/org/deep") == "p org/deep as p/org/deep");
  CHECK(found("q/both") == "q both as q/both");
  CHECK(found("p/o").empty());
  CHECK(found("p/").empty());
  CHECK(found("p").empty());
}

TEST_CASE("a bare name is found where exactly one peer offers it", "[config][peers]") {
  CHECK(found("one") == "p one as p/one");
  CHECK(found("org/deep") == "p org/deep as p/org/deep");
  CHECK(found("deep").empty());
  CHECK(found("both").empty());
  CHECK(found("nothing").empty());
  CHECK(found("").empty());
  const PeerNames names(config_of(Peers));
  CHECK(names.is_ambiguous("both"));
  CHECK_FALSE(names.is_ambiguous("one"));
  CHECK_FALSE(names.is_ambiguous("nothing"));
}

TEST_CASE("a qualified name wins over a bare one that is spelled so", "[config][peers]") {
  CHECK(found("p/one") == "p one as p/one");
  CHECK(found("q/p/one") == "q p/one as q/p/one");
}

TEST_CASE("a local id or alias wins over a peer's bare name", "[config][peers]") {
  const Config config =
      config_of(Peers + "models: {one: {proxy: http://h, aliases: [org/deep]}}\n");
  const TargetNames names(config);
  const auto target = [&names](const std::string& name) {
    const std::string* found = names.find(name);
    return found == nullptr ? std::string() : *found;
  };
  CHECK(target("one") == "one");
  CHECK(target("org/deep") == "one");
  CHECK(target("p/one") == "p/one");
  CHECK(target("both").empty());
  CHECK(contains(names.why_unknown("both"), "more than one peer offers it"));
  CHECK(names.why_unknown("ome") ==
        "references unknown model \"ome\": no model has the id or alias ome, did you mean one?, "
        "and no peer offers it");
}

}  // namespace
}  // namespace llmsnap
