#include "config/selectors_section.h"

#include "config_text.h"

namespace llmsnap {
namespace {

using Names = std::vector<std::string>;

const std::string Models =
    "models:\n"
    "  a: {proxy: http://h, aliases: [al], filters: {setParamsByID: {\"a:hot\": {t: 1}}}}\n"
    "  b: {proxy: http://h}\n"
    "  c: {proxy: http://h}\n"
    "peers:\n"
    "  p: {proxy: http://h, models: [m, both]}\n"
    "  q: {proxy: http://h, models: [both]}\n";  // ends on line 7

const std::string Together = "groups: {g: {swap: false, members: [a, b, c]}}\n";

TEST_CASE("a selector takes its keys and defaults", "[config]") {
  const Config config = config_of(Models + Together +
                                  "selectors:\n"
                                  "  full:\n"
                                  "    strategy: spillover\n"
                                  "    targets: [b, a:hot, m]\n"
                                  "    settings: {spillover: 3}\n"
                                  "    name: Full\n"
                                  "    description: all of it\n"
                                  "    unlisted: true\n"
                                  "    metadata: {k: [1, x]}\n"
                                  "  least: {strategy: warm, targets: al, settings: }\n"
                                  "  fixed: {strategy: pin, targets: [q/both, c]}\n");
  REQUIRE(config.selectors.size() == 3);
  SelectorConfig full;
  full.id = "full";
  full.strategy = SelectorStrategy::Spillover;
  full.targets = {"b", "a", "p/m"};
  full.target_names = {"b", "a:hot", "m"};
  full.spillover = 3;
  full.name = "Full";
  full.description = "all of it";
  full.unlisted = true;
  full.metadata = R"({"k":[1,"x"]})";
  CHECK(config.selectors.at("full") == full);
  SelectorConfig least;
  least.id = "least";
  least.strategy = SelectorStrategy::Warm;
  least.targets = {"a"};
  least.target_names = {"al"};
  CHECK(least.spillover == 1);
  CHECK(config.selectors.at("least") == least);
  CHECK(config.selectors.at("fixed").strategy == SelectorStrategy::Pin);
  CHECK(config.selectors.at("fixed").targets == Names{"q/both", "c"});
  CHECK(config.warnings.empty());
}

TEST_CASE("a selector that cannot be is an error with line and key", "[config]") {
  struct Row {
    std::string selectors;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"selectors: [a]\n", "c.yaml:8: selectors: expected a mapping, found a list"},
      {"selectors:\n  s: [a]\n", "c.yaml:9: selectors.s: expected a mapping, found a list"},
      {"selectors:\n  ' ': {strategy: pin, targets: a}\n",
       "c.yaml:9: selectors. : selector names cannot be empty"},
      {"selectors:\n  s:\n", "c.yaml:9: selectors.s: strategy is required"},
      {"selectors:\n  s: {targets: a}\n", "c.yaml:9: selectors.s: strategy is required"},
      {"selectors:\n  s: {strategy: '', targets: a}\n",
       "c.yaml:9: selectors.s.strategy: strategy is required"},
      {"selectors:\n  s: {strategy: dice, targets: a}\n",
       "c.yaml:9: selectors.s.strategy: unknown strategy \"dice\", known: warm, pin, spillover"},
      {"selectors:\n  s: {strategy: pin}\n",
       "c.yaml:9: selectors.s: targets must contain at least one entry"},
      {"selectors:\n  s: {strategy: pin, targets: []}\n",
       "c.yaml:9: selectors.s.targets: targets must contain at least one entry"},
      {"selectors:\n  s: {strategy: pin, targets: [a, x]}\n",
       "c.yaml:9: selectors.s.targets[1]: references unknown model \"x\""},
      {"selectors:\n  s: {strategy: pin, targets: [both]}\n",
       "c.yaml:9: selectors.s.targets[0]: references unknown model \"both\": more than one peer"},
      {"selectors:\n  s: {strategy: pin, targets: t}\n  t: {strategy: pin, targets: a}\n",
       "c.yaml:9: selectors.s.targets: references selector \"t\"; selector chaining is not "
       "supported"},
      {"selectors:\n  m: {strategy: pin, targets: m}\n",
       "c.yaml:9: selectors.m.targets: references selector \"m\"; selector chaining is not "
       "supported"},
      {"selectors:\n  b: {strategy: pin, targets: a}\n",
       "c.yaml:9: selectors.b: name conflicts with model ID b"},
      {"selectors:\n  al: {strategy: pin, targets: a}\n",
       "c.yaml:9: selectors.al: name conflicts with model alias al, which stands for a"},
      {"selectors:\n  a:hot: {strategy: pin, targets: a}\n",
       "c.yaml:9: selectors.a:hot: name conflicts with model alias a:hot, which stands for a"},
      {"selectors:\n  s: {strategy: warm, targets: [a, m]}\n",
       "c.yaml:9: selectors.s.targets[1]: m must resolve to a local model for strategy \"warm\""},
      {"selectors:\n  s: {strategy: pin, targets: a, settings: {spillover: 0}}\n",
       "c.yaml:9: selectors.s.settings.spillover: settings.spillover must be >= 1, found 0"},
      {"selectors:\n  s: {strategy: spillover, targets: a, settings: {spillover: -1}}\n",
       "c.yaml:9: selectors.s.settings.spillover: settings.spillover must be >= 1, found -1"},
      {"selectors:\n  s: {strategy: spillover, targets: a, settings: {spillover: many}}\n",
       "c.yaml:9: selectors.s.settings.spillover: expected a whole number"},
      {"selectors:\n  s: {strategy: spillover, targets: [a, al]}\n",
       "c.yaml:9: selectors.s.targets[1]: duplicate resolved model \"a\""},
      {"selectors:\n  s: {strategy: spillover, targets: [p/m, m]}\n",
       "c.yaml:9: selectors.s.targets[1]: duplicate resolved model \"p/m\""},
      {"selectors:\n  s: {strategy: pin, targets: a, metadata: [x]}\n",
       "c.yaml:9: selectors.s.metadata: expected a mapping, found a list"},
  }));
  const std::string message = error_of(Models + row.selectors);
  INFO(message);
  CHECK(message.find(row.message) == 0);
}

TEST_CASE("a wrong key of a selector does not hide the next", "[config]") {
  CHECK(contains(error_of(Models + "selectors: {s: {strategy: dice, targets: [x, y], unlisted: 7}, "
                                   "b: {}}\n"),
                 "(and 6 more errors"));
}

TEST_CASE("a selector may have the bare name of a peer's model, which it names in full",
          "[config]") {
  const Config config = config_of(Models + "selectors: {m: {strategy: pin, targets: [p/m]}}\n");
  CHECK(config.selectors.at("m").targets == Names{"p/m"});
}

TEST_CASE("targets of other strategies than spillover may be the same model", "[config]") {
  const std::string strategy = GENERATE("warm", "pin");
  const Config config =
      config_of(Models + "selectors: {s: {strategy: " + strategy + ", targets: [a, al, b]}}\n");
  CHECK(config.selectors.at("s").targets == Names{"a", "a", "b"});
}

std::string spillover(const std::string& targets) {
  return "selectors: {s: {strategy: spillover, targets: [" + targets + "]}}\n";
}

TEST_CASE("local targets of spillover share a group that does not swap", "[config]") {
  const std::string swap =
      "c.yaml:9: selectors.s: local targets must share a group with swap: false";
  const std::string one = "c.yaml:9: selectors.s: local targets must share one routing group";
  CHECK(config_of(Models + Together + spillover("a, c")).selectors.size() == 1);
  CHECK(error_of(Models + "groups: {g: {members: [a, b]}}\n" + spillover("a, b")).find(swap) == 0);
  CHECK(error_of(Models + "groups: {}\n" + spillover("a, b")).find(swap) == 0);
  CHECK(error_of(Models + "groups: {g: {swap: no, members: [a]}, h: {swap: no, members: [b]}}\n" +
                 spillover("a, b"))
            .find(one) == 0);
  CHECK(error_of(Models + "groups: {g: {swap: no, members: [a, b]}}\n" + spillover("a, m, b, c"))
            .find(one) == 0);
  CHECK(config_of(Models +
                  "routing: {router: {settings: {groups: {g: {swap: no, members: [a, "
                  "b]}}}}}\n" +
                  spillover("a, b"))
            .selectors.size() == 1);
}

TEST_CASE("local targets of spillover are together in one set of the matrix", "[config]") {
  const std::string apart =
      "c.yaml:9: selectors.s: local targets must all appear together in one expanded matrix set";
  CHECK(config_of(Models + "matrix: {sets: {x: a | b, y: (a | c) & b}}\n" + spillover("a, b"))
            .selectors.size() == 1);
  CHECK(error_of(Models + "matrix: {sets: {x: a, y: b}}\n" + spillover("a, b")).find(apart) == 0);
  CHECK(
      error_of(Models + "matrix: {sets: {x: a & (b | c)}}\n" + spillover("a, b, c")).find(apart) ==
      0);
  CHECK(error_of(Models + "matrix: {sets: {x: a}}\n" + spillover("a, b")).find(apart) == 0);
}

TEST_CASE("a large matrix is not written out to see what is together", "[config]") {
  std::string models = "models:\n";
  std::string expression;
  for (int pair = 0; pair < 20; ++pair) {
    const std::string number = std::to_string(pair);
    models += "  x" + number + ": {proxy: http://h}\n  y" + number + ": {proxy: http://h}\n";
    expression += (pair == 0 ? "(x" : " & (x") + number + " | y" + number + ")";
  }
  models += "matrix: {sets: {s: '" + expression + "'}}\n";
  CHECK(config_of(models + spillover("x0, y7, x19")).selectors.size() == 1);
  CHECK(contains(error_of(models + spillover("x0, y7, y0")), "in one expanded matrix set"));
}

TEST_CASE("a spillover selector with fewer than two local targets needs no common set",
          "[config]") {
  CHECK(config_of(Models + spillover("a")).selectors.size() == 1);
  CHECK(config_of(Models + spillover("p/m, q/both")).selectors.size() == 1);
  CHECK(
      config_of(Models + "matrix: {sets: {x: b}}\n" + spillover("m, a, p/both")).selectors.size() ==
      1);
  CHECK(
      config_of("peers: {p: {proxy: http://h, models: [m]}}\n" + spillover("m")).selectors.size() ==
      1);
}

TEST_CASE("a matrix that does not compile is not said of selectors again", "[config]") {
  const std::string section =
      GENERATE(as<std::string>(), "matrix: {sets: {x: a & nobody}}",
               "routing: {router: {use: matrix, settings: {matrix: {sets: {x: a & nobody}}}}}");
  const std::string message = error_of(Models + section + "\n" + spillover("a, b"));
  INFO(message);
  CHECK(contains(message, "unknown var or model"));
  CHECK_FALSE(contains(message, "more error"));
}

}  // namespace
}  // namespace llmsnap
