#include "config/profiles_section.h"

#include "config_text.h"

namespace llmsnap {
namespace {

using Pins = std::map<std::string, std::string>;

const std::string Names =
    "models:\n"
    "  a: {proxy: http://h, aliases: [al], filters: {setParamsByID: {\"a:hot\": {t: 1}}}}\n"
    "  b: {proxy: http://h}\n"
    "peers:\n"
    "  p: {proxy: http://h, models: [m, both]}\n"
    "  q: {proxy: http://h, models: [both]}\n"
    "selectors: {s: {strategy: pin, targets: [a]}}\n";  // ends on line 7

TEST_CASE("a pin stands for whatever name requests may use", "[config]") {
  const Config config = config_of(Names +
                                  "profiles:\n"
                                  "  day:\n"
                                  "    description: by day\n"
                                  "    pins:\n"
                                  "      direct: a\n"
                                  "      alias: al\n"
                                  "      variant: a:hot\n"
                                  "      bare: m\n"
                                  "      qualified: q/both\n"
                                  "      selected: s\n"
                                  "      off: ''\n"
                                  "      gone:\n"
                                  "      b: a\n"  // shadows a model
                                  "  night: {pins: {x: b}}\n");
  REQUIRE(config.profiles.size() == 2);
  const ProfileConfig& day = config.profiles.at("day");
  CHECK(day.name == "day");
  CHECK(day.description == "by day");
  CHECK(day.pins == Pins{{"direct", "a"},
                         {"alias", "al"},
                         {"variant", "a:hot"},
                         {"bare", "m"},
                         {"qualified", "q/both"},
                         {"selected", "s"},
                         {"off", ""},
                         {"gone", ""},
                         {"b", "a"}});
  CHECK(config.profiles.at("night").pins == Pins{{"x", "b"}});
  CHECK(config.warnings.empty());
}

TEST_CASE("a profile that cannot be is an error with line and key", "[config]") {
  struct Row {
    std::string profiles;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"profiles: [a]\n", "c.yaml:8: profiles: expected a mapping, found a list"},
      {"profiles:\n  x: [a, b]\n", "c.yaml:9: profiles.x: legacy list syntax"},
      {"profiles:\n  x: []\n", "c.yaml:9: profiles.x: legacy list syntax"},
      {"profiles:\n  x: a\n", "c.yaml:9: profiles.x: expected a mapping, found a text"},
      {"profiles:\n  x:\n", "c.yaml:9: profiles.x: pins must contain at least one entry"},
      {"profiles:\n  x: {pins: }\n", "c.yaml:9: profiles.x: pins must contain at least one entry"},
      {"profiles:\n  x: {pins: {}}\n",
       "c.yaml:9: profiles.x.pins: pins must contain at least one entry"},
      {"profiles:\n  x: {pins: [a]}\n",
       "c.yaml:9: profiles.x.pins: expected a mapping, found a list"},
      {"profiles:\n  ' ': {pins: {x: a}}\n",
       "c.yaml:9: profiles. : a profile's name cannot be blank"},
      {"profiles:\n  x: {pins: {' ': a}}\n", "c.yaml:9: profiles.x.pins. : a pin's name cannot be"},
      {"profiles:\n  x: {pins: {y: [a]}}\n",
       "c.yaml:9: profiles.x.pins.y: expected a text, found a list"},
      {"profiles:\n  x: {pins: {y: nobody}}\n",
       "c.yaml:9: profiles.x.pins.y: references unknown model \"nobody\""},
      {"profiles:\n  x: {pins: {y: both}}\n",
       "c.yaml:9: profiles.x.pins.y: references unknown model \"both\": more than one peer"},
  }));
  const std::string message = error_of(Names + row.profiles);
  INFO(message);
  CHECK(message.find(row.message) == 0);
}

TEST_CASE("a pin's target is no pin in its turn, of its profile or another", "[config]") {
  const std::string message =
      error_of(Names + "profiles:\n  x: {pins: {y: a, z: y}}\n  w: {pins: {v: y}}\n");
  CHECK(contains(message, "c.yaml:9: profiles.x.pins.z: references unknown model \"y\""));
  CHECK(contains(message, "(and 1 more error"));
}

TEST_CASE("a wrong pin does not hide the next", "[config]") {
  CHECK(contains(error_of(Names + "profiles: {x: {description: [], pins: {' ': one, y: two}}}\n"),
                 "(and 3 more errors"));
}

}  // namespace
}  // namespace llmsnap
