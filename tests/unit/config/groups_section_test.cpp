#include "config/groups_section.h"

#include "config/model_groups.h"
#include "config_text.h"

namespace llmsnap {
namespace {

const std::string Models =
    "models:\n"
    "  a: {proxy: http://h, aliases: [first, b]}\n"
    "  b: {proxy: http://h}\n"
    "  c: {proxy: http://h, aliases: third}\n";  // ends on line 4

GroupConfig group(std::string name, std::vector<std::string> members) {
  GroupConfig out;
  out.name = std::move(name);
  out.members = std::move(members);
  return out;
}

TEST_CASE("groups take their keys and defaults, in file order", "[config]") {
  const std::string groups =
      "  z: {members: [c, a]}\n"
      "  y: {swap: no, exclusive: false, persistent: true, members: b}\n"
      "  x:\n";
  GroupConfig y = group("y", {"b"});
  y.swap = false;
  y.exclusive = false;
  y.persistent = true;
  const std::vector<GroupConfig> expected{group("z", {"c", "a"}), y, group("x", {})};

  SECTION("behind the models and before them") {
    CHECK(config_of(Models + "groups:\n" + groups).groups == expected);
    CHECK(config_of("groups:\n" + groups + Models).groups == expected);
  }
  SECTION("in the newer place") {
    const Config config = config_of(Models +
                                    "routing:\n router:\n  use: group\n  settings:\n   groups:\n"
                                    "    z: {members: [c, a]}\n"
                                    "    y: {swap: no, exclusive: false, persistent: true, "
                                    "members: b}\n"
                                    "    x:\n");
    CHECK(config.groups == expected);
    CHECK(config.warnings.size() == 1);  // about the alias that is an id
  }
}

TEST_CASE("a member's alias stands for its model, and an id wins over an alias", "[config]") {
  const Config config = config_of(Models + "groups: {g: {members: [first, third, b]}}\n");
  CHECK(config.groups.at(0).members == std::vector<std::string>{"a", "c", "b"});
}

TEST_CASE("models that no group names are in the default group", "[config]") {
  CHECK(groups_with_default(config_of(Models)) ==
        std::vector<GroupConfig>{group("(default)", {"a", "b", "c"})});
  CHECK(groups_with_default(config_of(Models + "groups: {g: {members: [b]}}\n")) ==
        std::vector<GroupConfig>{group("g", {"b"}), group("(default)", {"a", "c"})});
  CHECK(groups_with_default(config_of(Models + "groups: {g: {members: [c, b, a]}}\n")).size() == 1);
  CHECK(groups_with_default(Config{}).empty());
}

TEST_CASE("a default group that is written has no effect", "[config]") {
  const Config config = config_of(
      Models + "groups:\n  (default): {swap: no, members: [a, nobody]}\n  g: {members: [a]}\n");
  CHECK(config.groups == std::vector<GroupConfig>{group("g", {"a"})});
  REQUIRE(config.warnings.size() == 2);
  CHECK(contains(config.warnings[1], "c.yaml:6: groups.(default): without effect"));
}

TEST_CASE("a group that cannot be is an error with line and key", "[config]") {
  struct Row {
    std::string groups;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"groups: [a]\n", "c.yaml:5: groups: expected a mapping, found a list"},
      {"groups:\n  g: [a]\n", "c.yaml:6: groups.g: expected a mapping, found a list"},
      {"groups:\n  g: {swap: \"true\"}\n", "c.yaml:6: groups.g.swap: expected true or false"},
      {"groups:\n  g:\n    members:\n    - a\n    - firs\n",
       "c.yaml:9: groups.g.members[1]: no model has the id or alias firs, did you mean first?"},
      {"groups:\n  g: {members: zzzzzz}\n",
       "c.yaml:6: groups.g.members: no model has the id or alias zzzzzz"},
      {"groups:\n  g: {members: [a, a]}\n",
       "c.yaml:6: groups.g.members[1]: duplicate model member a"},
      {"groups:\n  g: {members: [a, first]}\n",
       "c.yaml:6: groups.g.members[1]: duplicate model member a"},
      {"groups:\n  g: {members: [a]}\n  h: {members: [first]}\n",
       "c.yaml:7: groups.h.members[0]: a is used in multiple groups, first in g"},
      {"groups: {g: {}}\nrouting: {router: {settings: {groups: {h: {}}}}}\n",
       "c.yaml:6: routing.router.settings.groups: there are groups at the top level too: migrate"},
      {"routing: {router: {use: dice}}\n",
       "c.yaml:5: routing.router.use: unknown router \"dice\", known: group, matrix"},
  }));
  const std::string message = error_of(Models + row.groups);
  INFO(message);
  CHECK(message.find(row.message) == 0);
}

TEST_CASE("what routing holds beside groups is said to have no effect", "[config]") {
  const Config config = config_of(
      "routing:\n router:\n  use: matrix\n  settings: {matrix: {}}\n scheduler: {use: fifo}\n");
  const std::vector<std::string> expected{
      "c.yaml:3: routing.router.use: not supported by this version yet",
      "c.yaml:4: routing.router.settings.matrix: not supported by this version yet"};
  CHECK(config.warnings == expected);
}

TEST_CASE("priorities stand in a model or under routing, and must agree", "[config]") {
  const auto text = [](const std::string& own, const std::string& listed) {
    return "models: {x: {proxy: 'http://h', aliases: [y], priority: " + own +
           "}}\nrouting: {scheduler: {settings: {fifo: {priority: " + listed + "}}}}\n";
  };
  CHECK(config_of(text("0", "{x: 7}")).models.at("x").priority == 7);
  CHECK(config_of(text("0", "{y: -7}")).models.at("x").priority == -7);
  CHECK(config_of(text("7", "{x: 7}")).models.at("x").priority == 7);
  CHECK(config_of(text("7", "{}")).models.at("x").priority == 7);
  CHECK(contains(error_of(text("7", "{x: 8}")), "the model itself says priority 7"));
  CHECK(contains(error_of(text("0", "{z: 8}")), "unknown model"));
  CHECK(contains(error_of("routing: {scheduler: {use: lifo}}"), "unknown scheduler \"lifo\""));
}

}  // namespace
}  // namespace llmsnap
