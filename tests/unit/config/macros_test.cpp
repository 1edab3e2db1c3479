#include "config/macros.h"

#include "config_text.h"

namespace llmsnap {
namespace {

constexpr std::string_view OneModel = "models:\n  x:\n    proxy: http://h\n";

std::string with_macros(std::string_view macros, std::string_view description) {
  return std::string(macros) + std::string(OneModel) +
         "    description: " + std::string(description) + "\n";
}

std::string description_of(const std::string& text) {
  return config_of(text).models.at("x").description;
}

TEST_CASE("macros see those before them, and a model's own replace globals in place", "[config]") {
  const std::string text =
      "macros: {root: /m, dir: \"${root}/q\", tag: g, msg: \"v-${tag}\"}\n"
      "models:\n"
      "  x:\n"
      "    proxy: http://h\n"
      "    macros: {tag: local, extra: \"${dir}/f\"}\n"
      "    description: ${extra} ${msg} ${MODEL_ID}\n"
      "  y:\n"
      "    proxy: http://h\n"
      "    description: ${msg}\n";
  const Config config = config_of(text);
  CHECK(config.models.at("x").description == "/m/q/f v-local x");
  CHECK(config.models.at("y").description == "v-g");
}

TEST_CASE("MODEL_ID works inside a global macro", "[config]") {
  CHECK(description_of(with_macros("macros: {path: \"/m/${MODEL_ID}\"}\n", "${path}")) == "/m/x");
}

TEST_CASE("what macros are put together to is a text, also where it looks like a number",
          "[config]") {
  const Config config = config_of(
      "macros: {big: 12, word: \"34\"}\n"
      "models:\n"
      "  x:\n"
      "    proxy: http://h\n"
      "    metadata:\n"
      "      a: 1${big}\n"
      "      b: \"${big}0\"\n"
      "      c: \"${big}\"\n"
      "      d: '${word}'\n"
      "      e: ${big}.5\n");
  CHECK(config.models.at("x").metadata == R"({"a":"112","b":"120","c":12,"d":"34","e":"12.5"})");
  CHECK(contains(error_of(with_macros("macros: {n: 1}\n", "x\n    ttl: ${n}0")), "quoted text"));
}

TEST_CASE("a text that is one placeholder takes the macro's type", "[config]") {
  const Config config = config_of(
      "macros: {secs: 5, hide: true, threads: 3}\n"
      "ioThreads: ${threads}\n"
      "models:\n"
      "  x:\n"
      "    proxy: http://h\n"
      "    unlisted: \"${hide}\"\n"
      "    timeouts: {connect: \"${secs}\"}\n");
  CHECK(config.io_threads == 3);
  CHECK(config.models.at("x").unlisted);
  CHECK(config.models.at("x").timeouts.connect == std::chrono::seconds(5));
}

TEST_CASE("a dollar before a placeholder makes it literal", "[config]") {
  CHECK(description_of(with_macros("macros: {a: b}\n", "$${a} ${a} $${env.HOME} $5")) ==
        "${a} b ${env.HOME} $5");
}

TEST_CASE("global macros hold in every section, and in no key of a mapping", "[config]") {
  const Config config = config_of(
      "macros: {ttl: 60, id: x, yes: true, no: false, port: 7000, path: 1}\n"
      "globalTTL: ${ttl}\n"
      "startPort: ${port}\n"
      "includeAliasesInList: \"${yes}\"\n"
      "sendLoadingState: \"${yes}\"\n"
      "ui: {activity: {session_id: ['X-${id}']}}\n"
      "models:\n"
      "  x: {cmd: 'srv ${PORT}', metadata: {'${id}': '${id}'}, timeouts: {connect: '${ttl}'},\n"
      "      env: ['T=${ttl}']}\n"
      "  y: {proxy: 'http://h', ttl: '${port}', sendLoadingState: '${no}'}\n"
      "groups: {g: {members: [\"${id}\"], swap: '${yes}'}}\n"
      "hooks: {on_startup: {preload: ['${id}']}}\n");
  const ModelConfig& model = config.models.at("x");
  CHECK(model.ttl == std::chrono::seconds(60));
  CHECK(model.port == 7000);
  CHECK(config.include_aliases_in_list);
  CHECK(config.recording.session_headers == std::vector<std::string>{"X-x"});
  CHECK(model.send_loading_state);
  CHECK_FALSE(config.models.at("y").send_loading_state);
  CHECK(config.models.at("y").ttl == std::chrono::seconds(7000));
  CHECK(model.metadata == R"({"${id}":"x"})");
  CHECK(model.timeouts.connect == std::chrono::seconds(60));
  CHECK(model.env == std::vector<std::string>{"T=60"});
  CHECK(config.groups.at(0).members == std::vector<std::string>{"x"});
  CHECK(config.preload == std::vector<std::string>{"x"});
}

TEST_CASE("an unknown macro is an error that names model and field", "[config]") {
  CHECK(error_of(with_macros("", "${nope}")) ==
        "c.yaml:4: models.x.description: unknown macro '${nope}' found in models.x.description");
  CHECK(contains(error_of(with_macros("macros: {early: \"${late}\", late: 1}\n", "${early}")),
                 "unknown macro '${late}'"));
  CHECK(contains(error_of("models:\n  x: {proxy: http://h, macros: {m: 1}}\n"
                          "  y: {proxy: http://h, name: \"${m}\"}\n"),
                 "c.yaml:3: models.y.name: unknown macro '${m}'"));
}

TEST_CASE("a macro that cannot be is an error at its line", "[config]") {
  struct Row {
    std::string macros;
    std::string needle;
  };
  const Row row = GENERATE(values<Row>({
      {"macros:\n  PORT: 1\n", "c.yaml:2: macros.PORT: the name is reserved"},
      {"macros:\n  MODEL_ID: 1\n", "is reserved"},
      {"macros:\n  PID: 1\n", "is reserved"},
      {"macros:\n  a.b: 1\n", "invalid characters"},
      {"macros:\n  " + std::string(64, 'a') + ": 1\n", "exceeds maximum length"},
      {"macros:\n  a: [1]\n", "must be a scalar type"},
      {"macros:\n  a:\n", "must be a scalar type"},
      {"macros:\n  a: {b: c}\n", "must be a scalar type"},
      {"macros:\n  a: x${a}\n", "self-reference"},
      {"macros: [a]\n", "must be a mapping"},
      {"models:\n  x:\n    macros: {PORT: 1}\n", "c.yaml:3: models.x.macros.PORT"},
      {"models:\n  x:\n    macros: {MODEL_ID: 1}\n", "models.x.macros.MODEL_ID: the name is res"},
      {"models:\n  x:\n    macros: {PID: 1}\n", "models.x.macros.PID: the name is reserved"},
  }));
  CHECK(contains(error_of(row.macros), row.needle));
}

TEST_CASE("a macro may hold its own name as a literal", "[config]") {
  CHECK(description_of(with_macros("macros: {X: 'a$${X}'}\n", "\"b ${X}\"")) == "b a${X}");
}

TEST_CASE("macros that a merge key brings stand before those behind it", "[config]") {
  const std::string macros = "x-common: &c {a: /m}\nmacros: {<<: *c, b: '${a}/x'}\n";
  CHECK(description_of(with_macros(macros, "${b}")) == "/m/x");
}

/// Each twice as long as the one before it; m0 has 16 bytes.
std::string doubling_macros(int levels) {
  std::string macros = "macros:\n  m0: xxxxxxxxxxxxxxxx\n";
  for (int level = 1; level < levels; ++level) {
    const std::string before = "${m" + std::to_string(level - 1) + "}";
    macros += "  m" + std::to_string(level) + ": \"" + before + before + "\"\n";
  }
  return macros;
}

TEST_CASE("macros that double each other end at a bound", "[config]") {
  CHECK(contains(error_of(with_macros(doubling_macros(40), "${m39}")),
                 "longer than 1048576 bytes with macros expanded"));
}

TEST_CASE("all that macros make of a config has a bound too", "[config]") {
  std::string names = "${m15}";
  for (int count = 0; count < 80; ++count) {
    names += "\", \"${m15}";
  }
  CHECK(contains(error_of(doubling_macros(16) + "idle: [\"" + names + "\"]\n"),
                 "with macros expanded, all texts together are longer than 33554432 bytes"));
}

TEST_CASE("one anchor expands differently in each model", "[config]") {
  const Config config = config_of(
      "macros: {size: 1}\n"
      "x-shared: &shared {proxy: \"http://h/${MODEL_ID}\", metadata: {l: ['${MODEL_ID}']},\n"
      "                   capabilities: {in: text, context: '${size}'}}\n"
      "models: {a: *shared, b: {<<: *shared, name: B, macros: {size: 2}}}\n");
  CHECK(config.models.at("a").proxy == "http://h/a");
  CHECK(config.models.at("b").proxy == "http://h/b");
  CHECK(config.models.at("a").metadata == R"({"l":["a"]})");
  CHECK(config.models.at("b").metadata == R"({"l":["b"]})");
  CHECK(config.models.at("a").capabilities.context == 1);
  CHECK(config.models.at("b").capabilities.context == 2);
  CHECK(config.models.at("b").capabilities.in == std::vector<Modality>{Modality::Text});
}

}  // namespace
}  // namespace llmsnap
