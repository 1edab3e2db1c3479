#include "config_text.h"

namespace llmsnap {
namespace {

ModelConfig with_filters(const std::string& filters, const std::string& more = "") {
  return config_of("macros: {temp: 0.70, name: fast}\nmodels:\n  x:\n    cmd: srv ${PORT}\n" +
                   more + "    filters: " + filters + "\n")
      .models.at("x");
}

TEST_CASE("stripParams is a list in one text, sorted, without repetitions and without model",
          "[config]") {
  const auto strip = [](const std::string& text) {
    return with_filters("{stripParams: \"" + text + "\"}").filters.strip_params;
  };
  CHECK(strip("").empty());
  CHECK(strip("model").empty());
  CHECK(strip(" , ,").empty());
  CHECK(strip("top_k, temperature ,top_k,model") ==
        std::vector<std::string>{"temperature", "top_k"});
}

TEST_CASE("the older spelling counts where the newer one says nothing", "[config]") {
  CHECK(with_filters("{strip_params: a}").filters.strip_params == std::vector<std::string>{"a"});
  CHECK(with_filters("{stripParams: b, strip_params: a}").filters.strip_params ==
        std::vector<std::string>{"b"});
  CHECK(with_filters("{strip_params: a, stripParams: b}").filters.strip_params ==
        std::vector<std::string>{"b"});
  CHECK(with_filters("{strip_params: a, stripParams: ''}").filters.strip_params ==
        std::vector<std::string>{"a"});
  CHECK(with_filters("{strip_params: '${name}'}").filters.strip_params ==
        std::vector<std::string>{"fast"});
}

TEST_CASE("a question mark behind a name sets it only where a request has none", "[config]") {
  const auto filters =
      with_filters(
          "{setParams: {'b?': 1, b: 2, 'model?': x, 'a.c?': 3}, setParamsByID: {y: {'z?': 4}}}")
          .filters;
  CHECK(filters.set_params ==
        std::vector<SetParam>{{"a.c", "3", true}, {"b", "2", false}, {"b", "1", true}});
  CHECK(filters.set_params_by_id.at("y") == std::vector<SetParam>{{"z", "4", true}});
}

TEST_CASE("an unknown macro in a name of setParamsByID is an error", "[config]") {
  CHECK(contains(error_of("models:\n  a:\n    cmd: s ${PORT}\n    filters:\n"
                          "      setParamsByID:\n        '${MODEL_NAME}:high': {x: 1}\n"),
                 "c.yaml:6: models.a.filters.setParamsByID: unknown macro '${MODEL_NAME}' found in "
                 "the name"));
}

TEST_CASE("setParams keeps types, sorts by path and leaves model alone", "[config]") {
  const auto filters = with_filters(
                           "{setParams: {z: 1, model: no, a.b: '1', t: '${temp}', y: yes, n: ~, "
                           "o: {b: [1, 2.5, x], a: false}}}")
                           .filters;
  const std::vector<SetParam> expected{
      {"a.b", "\"1\""}, {"n", "null"},    {"o", R"({"a":false,"b":[1,2.5,"x"]})"},
      {"t", "0.7"},     {"y", "\"yes\""}, {"z", "1"}};
  CHECK(filters.set_params == expected);
}

TEST_CASE("filters that set nothing but the model, or nothing, are none", "[config]") {
  const std::string filters =
      GENERATE("{}", "{setParams: , setParamsByID: }", "{setParams: {}, setParamsByID: {}}",
               "{setParams: {model: x}}");
  CHECK(with_filters(filters).filters == FilterConfig());
  const FilterConfig by_id =
      with_filters(
          "{stripParams: c, setParams: {d: 1}, setParamsByID: {y: {model: z}, "
          "z: {b: 1, model: x, a: 2}}}")
          .filters;
  CHECK(by_id.strip_params == std::vector<std::string>{"c"});
  CHECK(by_id.set_params == std::vector<SetParam>{{"d", "1"}});
  CHECK(by_id.set_params_by_id.at("y").empty());
  CHECK(by_id.set_params_by_id.at("z") == std::vector<SetParam>{{"a", "2"}, {"b", "1"}});
}

TEST_CASE("each name of setParamsByID is an alias, with macros expanded", "[config]") {
  const ModelConfig model =
      with_filters("{setParamsByID: {'${MODEL_ID}': {a: 1}, 'x-${name}': {a: 2}, 'p-${PORT}': {}}}",
                   "    aliases: [old]\n");
  CHECK(model.aliases == std::vector<std::string>{"old", "p-5800", "x-fast"});
  CHECK(model.filters.set_params_by_id.at("x") == std::vector<SetParam>{{"a", "1"}});
  CHECK(model.filters.set_params_by_id.at("x-fast") == std::vector<SetParam>{{"a", "2"}});
  CHECK(model.filters.set_params_by_id.at("p-5800").empty());
}

TEST_CASE("names of setParamsByID that clash are errors", "[config]") {
  const std::string two =
      "macros: {n: x2}\nmodels:\n  x: {proxy: 'http://h', filters: {setParamsByID: ";
  CHECK(contains(error_of(two + "{x2: {}, '${n}': {}}}}\n"), "resolve to the same value \"x2\""));
  CHECK(contains(error_of(two + "{y: {}}}}\n  y: {proxy: 'http://h'}\n"),
                 "y conflicts with an existing model ID"));
  CHECK(contains(error_of(two + "{z: {}}}}\n  y: {proxy: 'http://h', aliases: [z]}\n"),
                 "duplicate alias z"));
}

TEST_CASE("filters that cannot be are errors", "[config]") {
  const auto error = [](const std::string& filters) {
    return error_of("models: {x: {proxy: 'http://h', filters: " + filters + "}}\n");
  };
  CHECK(contains(error("{setParams: [1]}"), "models.x.filters.setParams: expected a mapping"));
  CHECK(contains(error("{setParams: {a: '${nope}'}}"), "unknown macro '${nope}'"));
  CHECK(contains(error("{stripParams: 'a, ${nope}'}"),
                 "models.x.filters.stripParams: unknown macro '${nope}'"));
  CHECK(contains(error("{setParamsByID: {a: 1}}"), "expected a mapping"));
  CHECK(contains(error("{setParams: {'': 1}}"), "expected the name of a parameter"));
}

}  // namespace
}  // namespace llmsnap
