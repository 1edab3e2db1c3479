#include "config/groups_section.h"

#include <fstream>

#include "config/model_groups.h"
#include "config_text.h"
#include "support/temporary_folder.h"

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
       "c.yaml:6: routing.router: there are groups or a matrix at the top level too"},
      {"routing: {router: {use: dice}}\n",
       "c.yaml:5: routing.router.use: unknown router \"dice\", known: group, matrix"},
  }));
  const std::string message = error_of(Models + row.groups);
  INFO(message);
  CHECK(message.find(row.message) == 0);
}

TEST_CASE("a matrix stands at the top level or under routing, which says whether it holds",
          "[config]") {
  const std::string models =
      "models: {a: {proxy: 'http://h'}, b: {proxy: 'http://h'}, org/c: {proxy: 'http://h'}}\n";
  const std::string longest = "v-1." + std::string(28, 'v');
  const std::string matrix = "{vars: {c: org/c, " + longest +
                             ": b}, evict_costs: {c: 7, a: 2}, sets: {z: a & c, y: '+z | b'}}";
  MatrixConfig expected;
  expected.vars = {{"c", "org/c"}, {longest, "b"}};
  expected.evict_costs = {{"a", 2}, {"org/c", 7}};
  expected.sets = {{"z", "a & c"}, {"y", "+z | b"}};
  CHECK(config_of(models + "matrix: " + matrix + "\n").matrix == expected);
  const auto routed = [&](const std::string& use) {
    return config_of(models + "routing: {router: {use: " + use +
                     ", settings: {groups: {g: {}}, matrix: " + matrix + "}}}\n");
  };
  CHECK(routed("matrix").matrix == expected);
  CHECK(routed("matrix").groups.empty());
  CHECK_FALSE(routed("group").matrix);
  CHECK(routed("group").groups.size() == 1);
}

TEST_CASE("the rules that the router does not use are not looked at", "[config]") {
  const std::string models = "models: {a: {proxy: 'http://h'}}\nrouting: {router: {";
  const std::string settings =
      "settings: {groups: {g: {members: [nope]}, h: {members: [nope]}}, "
      "matrix: {vars: {x: nope}, sets: {s: x}}}";
  const std::string fine_groups =
      "settings: {groups: {g: {members: [a]}}, matrix: {vars: {x: nope}}}";
  const std::string fine_matrix =
      "settings: {groups: {g: {members: [nope]}}, matrix: {sets: {s: a}}}";
  CHECK(config_of(models + "use: group, " + fine_groups + "}}\n").groups.size() == 1);
  CHECK(config_of(models + fine_groups + "}}\n").groups.size() == 1);
  CHECK(config_of(models + fine_matrix + ", use: matrix}}\n").matrix);
  CHECK(contains(error_of(models + "use: group, " + settings + "}}\n"), "groups.g.members[0]"));
  CHECK(contains(error_of(models + "use: matrix, " + settings + "}}\n"), "matrix.vars.x"));
}

TEST_CASE("of two costs of one model the first counts, and the other is told", "[config][W-53]") {
  const Config config = config_of(
      "models: {a: {proxy: 'http://h'}, b: {proxy: 'http://h'}}\n"
      "matrix:\n"
      "  vars: {v: a}\n"
      "  evict_costs:\n"
      "    v: 7\n"
      "    a: 2\n"
      "  sets: {s: v & b}\n");
  CHECK(config.matrix->evict_costs == std::map<std::string, int>{{"a", 7}});
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0], "c.yaml:6: matrix.evict_costs.a: a has a cost already"));
}

TEST_CASE("what is wrong with a set of a matrix is told at its line, of each set", "[config]") {
  const std::string section = GENERATE(
      "matrix:\n  vars: {v: a}\n  sets:\n    s: v\n    t: v &\n    u: +none\n    w: v | no\n"
      "    x: +y\n    y: +x\n",
      "routing: {router: {use: matrix, settings: {matrix: {\n  vars: {v: a},\n  sets: {\n    s: "
      "v,\n"
      "    t: v &,\n    u: +none,\n    w: v | no,\n    x: +y,\n    y: +x}}}}}\n");
  test::TemporaryFolder folder;
  std::ofstream(folder.path("c.yaml")) << "models: {a: {proxy: 'http://h'}}\n" << section;
  const std::vector<std::string> errors = check_config({folder.path("c.yaml"), ""}).errors;
  REQUIRE(errors.size() == 4);
  CHECK(contains(errors[0], "c.yaml:6: "));
  CHECK(contains(errors[0], "matrix.sets.t: "));
  CHECK(contains(errors[1], "matrix.sets.u: references undefined set 'none'"));
  CHECK(contains(errors[1], "c.yaml:7: "));
  CHECK(contains(errors[2], "matrix.sets.w: unknown var or model 'no'"));
  CHECK(contains(errors[2], "c.yaml:8: "));
  CHECK(contains(errors[3], "matrix.sets.y: circular reference x -> y -> x"));
  CHECK(contains(errors[3], "c.yaml:10: "));
}

TEST_CASE("a matrix that cannot be is an error", "[config]") {
  struct Row {
    std::string text;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"matrix: {}", "at least one set"},
      {"matrix: {sets: {s: a & nope}}", "unknown var or model"},
      {"matrix: {sets: {s: +t}}", "references undefined set"},
      {"matrix: {sets: {s: +t, t: +s}}", "circular reference"},
      {"matrix: {sets: {s: '(a'}}", "missing closing parenthesis"},
      {"matrix: {vars: {x_y: a}, sets: {s: a}}", "only alphanumeric, '-' or '.'"},
      {"matrix: {vars: {'': a}, sets: {s: a}}", "1-32 characters"},
      {"matrix: {vars: {" + std::string(33, 'v') + ": a}, sets: {s: a}}", "1-32 characters"},
      {"matrix: {vars: {v: al}, sets: {s: a}}", "al is an alias of a, and a var stands for the id"},
      {"matrix: {vars: {v: no}, sets: {s: a}}", "unknown model"},
      {"matrix: {evict_costs: {a: 0}, sets: {s: a}}", "positive integer"},
      {"matrix: {evict_costs: {a: -1}, sets: {s: a}}", "positive integer"},
      {"matrix: {evict_costs: {nope: 1}, sets: {s: a}}", "unknown var or model"},
      {"groups: {g: {}}\nmatrix: {sets: {s: a}}", "cannot use both"},
      {"matrix: {sets: {s: a}}\nrouting: {router: {use: group}}", "migrate"},
      {"routing: {router: {use: matrix}}", "routing.router.settings.matrix is not set"},
      {"routing: {router: {use: magic}}", "unknown router \"magic\""},
  }));
  CHECK(contains(error_of("models: {a: {proxy: 'http://h', aliases: [al]}}\n" + row.text + "\n"),
                 row.message));
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
  CHECK(contains(error_of(text("7", "{x: 8}")), "x has priority 7 already"));
  CHECK(contains(error_of(text("0", "{z: 8}")), "unknown model"));
  CHECK(contains(error_of("routing: {scheduler: {use: lifo}}"), "unknown scheduler \"lifo\""));
}

}  // namespace
}  // namespace llmsnap
