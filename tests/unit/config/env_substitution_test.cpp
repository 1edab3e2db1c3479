#include "config/env_substitution.h"

#include <map>

#include "config_text.h"

namespace llmsnap {
namespace {

Result<std::string> substituted(std::string_view text) {
  static const std::map<std::string, std::string> variables{{"A", "one"},
                                                            {"EMPTY", ""},
                                                            {"QUOTES", "a\"b\\c"},
                                                            {"SINGLE", "it's"},
                                                            {"LINE", "p: 1"},
                                                            {"LF", "a\nb"},
                                                            {"CR", "a\rb"},
                                                            {"PORT_NUMBER", "81"},
                                                            {"_x9", "under"},
                                                            {"INDIRECT", "${env.A}"},
                                                            {"NUL", std::string("a\0b", 3)}};
  Diagnostics diagnostics("c.yaml", Warnings::Told);
  return substitute_env(
      text, diagnostics, [](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
      });
}

TEST_CASE("environment variables are replaced in the text", "[config]") {
  struct Row {
    std::string in;
    std::string out;
  };
  const Row row = GENERATE(values<Row>({
      {"a: b", "a: b"},
      {"a: ${env.A}", "a: one"},
      {"${env.A}: x${env.A}y${env._x9}", "one: xoneyunder"},
      {"a: [${env.A}, ${env.PORT_NUMBER}]", "a: [one, 81]"},
      {"a: ${env.EMPTY}", "a: "},
      {"a: \"${env.QUOTES}\"", "a: \"a\\\"b\\\\c\""},
      {"a: [${env.QUOTES}, x]", "a: [a\"b\\c, x]"},
      {"a: ${env.QUOTES} # \"${env.QUOTES}", "a: a\"b\\c # \"a\"b\\c"},
      {"a: 'x\"${env.QUOTES}'\nb: \"${env.QUOTES}\"", "a: 'x\"a\"b\\c'\nb: \"a\\\"b\\\\c\""},
      {"a: 'x ${env.SINGLE}'\nb: ${env.SINGLE}", "a: 'x it''s'\nb: it's"},
      {"a: |\n  \"${env.QUOTES}\"\n", "a: |\n  \"a\"b\\c\"\n"},
      {"\"${env.QUOTES}\": {b: ${env.QUOTES}}", "\"a\\\"b\\\\c\": {b: a\"b\\c}"},
      {"${env.LINE}\nb: [\"${env.QUOTES}\"]", "p: 1\nb: [\"a\\\"b\\\\c\"]"},
      {"a: ${env.INDIRECT} ${env.A}", "a: ${env.A} one"},
      {"a: $${env.A} ${env.A}", "a: $${env.A} one"},
      {"a: ${A} ${env.} ${env.9} ${env.A", "a: ${A} ${env.} ${env.9} ${env.A"},
      {"a: 1 # ${env.UNSET}\n# ${env.UNSET}\nb: ${env.A}",
       "a: 1 # ${env.UNSET}\n# ${env.UNSET}\nb: one"},
  }));
  const auto text = substituted(row.in);
  INFO(row.in);
  REQUIRE(text);
  CHECK(*text == row.out);
}

TEST_CASE("a variable may stand wherever a text may, beside macros and other variables",
          "[config]") {
  ::setenv("LLMSNAP_TEST_A", "one", 1);
  ::setenv("LLMSNAP_TEST_N", "7", 1);
  const Config config = config_of(
      "macros: {global: '${env.LLMSNAP_TEST_A}'}\n"
      "models:\n"
      "  x:\n"
      "    macros: {own: '${env.LLMSNAP_TEST_A}-${env.LLMSNAP_TEST_N}'}\n"
      "    cmd: srv ${PORT} ${env.LLMSNAP_TEST_A} ${global}/${own}\n"
      "    cmdStop: stop ${env.LLMSNAP_TEST_A}\n"
      "    metadata:\n"
      "      a:\n"
      "        b: ['${env.LLMSNAP_TEST_A}']\n"
      "        n: ${env.LLMSNAP_TEST_N}\n"
      "    filters: {stripParams: '${env.LLMSNAP_TEST_A}, ${global}2'}\n"
      "peers:\n"
      "  p:\n"
      "    proxy: http://h\n"
      "    models: m\n"
      "    apiKey: ${env.LLMSNAP_TEST_A}\n"
      "    filters:\n"
      "      stripParams: ${env.LLMSNAP_TEST_A}\n"
      "      setParams:\n"
      "        n: ${env.LLMSNAP_TEST_N}\n");
  const ModelConfig& model = config.models.at("x");
  CHECK(model.cmd == "srv ${PORT} one one/one-7");
  CHECK(model.cmd_stop == "stop one");
  CHECK(model.metadata == R"({"a":{"b":["one"],"n":7}})");
  CHECK(model.filters.strip_params == std::vector<std::string>{"one", "one2"});
  const PeerConfig& peer = config.peers.at("p");
  CHECK(peer.api_key == "one");
  CHECK(peer.filters.strip_params == std::vector<std::string>{"one"});
  CHECK(peer.filters.set_params == std::vector<SetParam>{{"n", "7"}});
}

TEST_CASE("a variable that is not set is an error by its name wherever it stands", "[config]") {
  const auto [before, after] = GENERATE(table<std::string, std::string>({
      {"macros: {m: '", "'}"},
      {"models: {x: {cmd: 'srv ", "'}}"},
      {"models: {x: {proxy: http://h, macros: {m: '", "'}}}"},
      {"models: {x: {proxy: http://h, metadata: {a: ['", "']}}}"},
      {"apiKeys: ['", "']"},
      {"peers: {p: {proxy: http://h, models: m, apiKey: '", "'}}"},
  }));
  ::unsetenv("LLMSNAP_TEST_GONE");
  CHECK(contains(error_of(before + "${env.LLMSNAP_TEST_GONE}" + after + "\n"),
                 "environment variable LLMSNAP_TEST_GONE is not set"));
}

TEST_CASE("an unset variable is an error with its place", "[config]") {
  const auto text = substituted("a: 1\nmodels:\n  x:\n    proxy: ${env.UNSET}\n");
  REQUIRE_FALSE(text);
  CHECK(text.error().message == "c.yaml:4: models.x.proxy: environment variable UNSET is not set");
}

TEST_CASE("all unset variables are told, in the order of their lines, each once", "[config]") {
  const auto checked = parse_config(
      "apiKeys: ['${env.LLMSNAP_TEST_NONE_Z}']\n"
      "models:\n"
      "  x: {proxy: '${env.LLMSNAP_TEST_NONE_A}', name: '${env.LLMSNAP_TEST_NONE_Z}'}\n"
      "  y: {proxy: '${env.LLMSNAP_TEST_NONE_B}'}\n",
      "c.yaml");
  REQUIRE_FALSE(checked);
  CHECK(checked.error().message ==
        "c.yaml:1: apiKeys[0]: environment variable LLMSNAP_TEST_NONE_Z is not set (and 2 more "
        "errors: "
        "--check-config tells all)");
}

TEST_CASE("in a text that is no YAML yet the line is still right", "[config]") {
  const auto text = substituted("a: 1\nb: [${env.UNSET}]\n");
  REQUIRE_FALSE(text);
  CHECK(text.error().message == "c.yaml:2: environment variable UNSET is not set");
}

// Where lines are counted anew for each of them this takes minutes, and the test's time is up.
TEST_CASE("a text of very many references is read in time that grows with it", "[config]") {
  std::string references = "a: [";
  while (references.size() < 4'000'000) {
    references += "${env.A},\n";
  }
  const auto text = substituted(references + "${env.A}]\n");
  REQUIRE(text);
  CHECK(text->ends_with("one,\none]\n"));
  const auto unset = substituted(references + "${env.UNSET}]\n");
  REQUIRE_FALSE(unset);
  CHECK(unset.error().message.starts_with("c.yaml:400001: "));
}

TEST_CASE("a value of more than one line is an error without the value", "[config]") {
  const std::string name = GENERATE("LF", "CR", "NUL");
  const auto text = substituted("a: ${env." + name + "}");
  REQUIRE_FALSE(text);
  CHECK(text.error().message ==
        "c.yaml:1: a: environment variable " + name + " contains newlines or zero bytes");
}

TEST_CASE("a key of the environment is the same key however the config quotes it", "[config]") {
  const std::string key = "p\\a\"s's";
  REQUIRE(setenv("LLMSNAP_TEST_KEY", key.c_str(), 1) == 0);
  const std::string written = GENERATE("[${env.K}]", "[\"${env.K}\"]", "['${env.K}']",
                                       "\n  - ${env.K}", "\n  - >-\n    ${env.K}");
  std::string text = "apiKeys: " + written + "\n";
  text.replace(text.find("env.K"), 5, "env.LLMSNAP_TEST_KEY");
  const Config config = config_of(text);
  REQUIRE(config.api_keys.size() == 1);
  CHECK(config.api_keys[0].key == key);
  unsetenv("LLMSNAP_TEST_KEY");
}

TEST_CASE("the process's environment reaches the config", "[config]") {
  REQUIRE(setenv("LLMSNAP_TEST_KEY", "sk-from-env", 1) == 0);
  const Config config = config_of("apiKeys: [\"${env.LLMSNAP_TEST_KEY}\"]\n");
  REQUIRE(config.api_keys.size() == 1);
  CHECK(config.api_keys[0].key == "sk-from-env");
  REQUIRE(setenv("LLMSNAP_TEST_KEY", "", 1) == 0);
  CHECK(contains(error_of("apiKeys:\n  - ${env.LLMSNAP_TEST_KEY}\n"), "empty api key"));
  unsetenv("LLMSNAP_TEST_KEY");
}

}  // namespace
}  // namespace llmsnap
