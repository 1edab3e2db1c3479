#include "config/matrix.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.h"

namespace llmsnap {
namespace {

using Models = std::vector<std::size_t>;
using Names = std::vector<std::string>;

// Answers in names: "evict a b (2) by set: c d".
class Asked {
 public:
  Asked(Names models, const MatrixConfig& config)
      : models_(std::move(models)), matrix_(compiled(config)) {}

  std::string solve(std::string_view target, const Names& running) const {
    const MatrixSolution solution = matrix_.solve(number_of(target), numbers_of(running));
    return "evict" + joined(solution.evict) + " (" + std::to_string(solution.cost) + ") by " +
           (solution.set.empty() ? "none" : solution.set) + ":" + joined(solution.combination);
  }

  bool contains_all(const Names& models) const { return matrix_.contains_all(numbers_of(models)); }

  std::string members() const { return joined(matrix_.members()); }

  Names sets() const { return matrix_.sets(); }

 private:
  Matrix compiled(const MatrixConfig& config) const {
    auto matrix = Matrix::compile(config, models_);
    INFO((matrix ? std::string() : matrix.error().message));
    REQUIRE(matrix);
    return std::move(*matrix);
  }

  std::size_t number_of(std::string_view name) const {
    const auto found = std::find(models_.begin(), models_.end(), name);
    REQUIRE(found != models_.end());
    return static_cast<std::size_t>(found - models_.begin());
  }

  Models numbers_of(const Names& names) const {
    Models numbers;
    for (const std::string& name : names) {
      numbers.push_back(number_of(name));
    }
    return numbers;
  }

  std::string joined(const Models& numbers) const {
    std::string text;
    for (const std::size_t number : numbers) {
      text += " " + models_.at(number);
    }
    return text;
  }

  Names models_;
  Matrix matrix_;
};

Asked with_sets(std::vector<MatrixSet> sets, std::map<std::string, int> costs = {}) {
  return Asked({"a", "b", "c", "d", "e", "f"}, {{}, std::move(costs), std::move(sets)});
}

std::string error_of(const MatrixConfig& config) {
  const Names models{"a", "b", "c"};
  const auto matrix = Matrix::compile(config, models);
  REQUIRE_FALSE(matrix);
  CHECK(matrix.error().code == ErrorCode::InvalidConfig);
  return matrix.error().message;
}

TEST_CASE("a model that is to run evicts what its cheapest combination lacks", "[config]") {
  const Asked matrix = with_sets({{"s", "a & b | c & d | c & e"}}, {{"d", 5}});
  CHECK(matrix.solve("a", {"b"}) == "evict (0) by s: a b");
  CHECK(matrix.solve("c", {"d", "e"}) == "evict e (1) by s: c d");
  CHECK(matrix.solve("c", {"e"}) == "evict (0) by s: c e");
  CHECK(matrix.solve("a", {"d", "c"}) == "evict d c (6) by s: a b");
  CHECK(matrix.solve("c", {}) == "evict (0) by s: c d");
}

TEST_CASE("a model that runs evicts nothing, whatever runs beside it", "[config]") {
  const Asked matrix = with_sets({{"s", "a & b"}, {"t", "a & b & c"}, {"u", "a & c"}});
  CHECK(matrix.solve("a", {"a", "b"}) == "evict (0) by s: a b");
  CHECK(matrix.solve("a", {"c", "a"}) == "evict (0) by t: a b c");
  CHECK(matrix.solve("a", {"a", "d"}) == "evict (0) by none: a");
  CHECK(matrix.solve("d", {"d"}) == "evict (0) by none: d");
}

TEST_CASE("a model of no set evicts all", "[config]") {
  const Asked matrix = with_sets({{"s", "a & b"}}, {{"a", 7}});
  CHECK(matrix.solve("f", {"b", "a", "e"}) == "evict b a e (9) by none: f");
  CHECK(matrix.solve("f", {}) == "evict (0) by none: f");
}

TEST_CASE("of two ways that cost the same the earlier is taken", "[config]") {
  SECTION("the earlier set in the order of the file, not of names") {
    const Asked matrix = with_sets({{"z", "a & b"}, {"m", "a & c"}});
    CHECK(matrix.solve("a", {"b", "c"}) == "evict c (1) by z: a b");
  }
  SECTION("but a set that another refers to comes right before that") {
    const Asked matrix = with_sets({{"x", "f"}, {"y", "a & c & +z"}, {"w", "d"}, {"z", "a & b"}});
    CHECK(matrix.sets() == Names{"x", "z", "y", "w"});
    CHECK(matrix.solve("a", {}) == "evict (0) by z: a b");
  }
  SECTION("the alternative further left, the first factor first") {
    const Asked matrix = with_sets({{"s", "a & (b | c) & (d | e)"}});
    CHECK(matrix.solve("a", {"b", "c", "d", "e"}) == "evict c e (2) by s: a b d");
  }
  SECTION("an alternative that is a part of a later one does not give it its place") {
    const Asked matrix = with_sets({{"s", "a | a & b | a & c & d | a & b & e"}});
    CHECK(matrix.solve("a", {"b", "c", "d", "e"}) == "evict b e (2) by s: a c d");
    CHECK(matrix.solve("a", {"c", "b"}) == "evict c (1) by s: a b");
  }
}

TEST_CASE("a dominated alternative never hides what a later one keeps", "[config]") {
  const Asked matrix = with_sets({{"s", "(a | a & b) & (c | c & d | c & d & e)"}});
  CHECK(matrix.solve("a", {"b", "c", "d", "e"}) == "evict (0) by s: a b c d e");
  CHECK(matrix.solve("a", {"f"}) == "evict f (1) by s: a c");
}

TEST_CASE("a set refers to sets that refer to sets, and models repeat without effect", "[config]") {
  const Asked matrix = with_sets({{"all", "+pair & e | +pair & +pair"},
                                  {"pair", "+one & +one & (c | d) & c"},
                                  {"one", "a | b | a"}});
  CHECK(matrix.sets() == Names{"one", "pair", "all"});
  CHECK(matrix.members() == " a b c d e");
  CHECK(matrix.solve("e", {"a", "b"}) == "evict (0) by all: a b c e");
  CHECK(matrix.solve("e", {"d", "f"}) == "evict f (1) by all: a c d e");
  CHECK(matrix.contains_all({"a", "b", "c", "d"}));
  CHECK_FALSE(matrix.contains_all({"a", "b", "c", "d", "f"}));
}

TEST_CASE("names in a matrix are vars first, then models; costs are those of models", "[config]") {
  MatrixConfig config;
  config.vars = {{"a", "org/model:7b"}, {"v-1.x", "b"}};
  config.evict_costs = {{"org/model:7b", 3}, {"nobody", 9}, {"c", -4}};
  config.sets = {{"s", "a & v-1.x | b & c"}};
  const Asked matrix({"a", "b", "c", "org/model:7b"}, config);
  CHECK(matrix.members() == " b c org/model:7b");
  CHECK(matrix.solve("b", {"c", "org/model:7b"}) == "evict c (1) by s: b org/model:7b");
  CHECK(matrix.solve("a", {"c", "org/model:7b"}) == "evict c org/model:7b (4) by none: a");
}

TEST_CASE("a matrix that cannot be is an error that names the set", "[config]") {
  struct Row {
    MatrixConfig config;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {{}, "the matrix must have at least one set"},
      {{{}, {}, {{"s", " "}}}, "matrix set 's': empty DSL expression"},
      {{{}, {}, {{"s", "(a"}}},
       "matrix set 's': missing closing parenthesis for the one at byte 1"},
      {{{}, {}, {{"s", "a)"}}}, "matrix set 's': unexpected token ')' at byte 2"},
      {{{}, {}, {{"s", "()"}}}, "matrix set 's': unexpected token ')' at byte 2"},
      {{{}, {}, {{"s", "a"}, {"t", "a|x"}}}, "matrix set 't': unknown var or model 'x'"},
      {{{{"v", "gone"}}, {}, {{"s", "v"}}}, "matrix set 's': unknown var or model 'v'"},
      {{{}, {}, {{"s", "a&+t"}}}, "matrix set 's': references undefined set 't'"},
      {{{}, {}, {{"s", "+a"}}}, "matrix set 's': references undefined set 'a'"},
      {{{}, {}, {{"s", "+s"}}}, "matrix set 's': circular reference s -> s"},
      {{{}, {}, {{"r", "+s"}, {"s", "a|+t"}, {"t", "b|+u"}, {"u", "+s"}}},
       "matrix set 'u': circular reference s -> t -> u -> s"},
      {{{}, {}, {{"s", "a"}, {"s", "b"}}}, "matrix set 's': duplicate set"},
      {{{}, {}, {{"s\n", "("}}},
       "matrix set 's\\n': unexpected token: the expression ends where a name was expected"},
  }));
  CHECK(error_of(row.config) == row.message);
}

TEST_CASE("models are contained together only in one combination of one set", "[config]") {
  const Asked matrix = with_sets({{"s", "(a | b) & c"}, {"t", "a & d"}});
  CHECK(matrix.contains_all({}));
  CHECK(matrix.contains_all({"c"}));
  CHECK(matrix.contains_all({"c", "b", "c"}));
  CHECK_FALSE(matrix.contains_all({"a", "b"}));
  CHECK_FALSE(matrix.contains_all({"c", "d"}));
  CHECK_FALSE(matrix.contains_all({"e"}));
}

TEST_CASE("a number that is no model is of no set", "[config]") {
  const Names models{"a"};
  const auto matrix = Matrix::compile({{}, {}, {{"s", "a"}}}, models);
  REQUIRE(matrix);
  CHECK(matrix->solve(0, Models{7, 7}).evict == Models{7});
  CHECK(matrix->solve(7, Models{0}).evict == Models{0});
  CHECK_FALSE(matrix->contains_all(Models{0, 7}));
}

// `count` factors of `alternatives` each: (m0|m1|...)&(m10|m11|...)&...
struct Product {
  Product(std::size_t count, std::size_t alternatives) {
    std::string expression;
    for (std::size_t factor = 0; factor < count; ++factor) {
      expression += factor == 0 ? "(" : "&(";
      for (std::size_t index = 0; index < alternatives; ++index) {
        models.push_back("m" + std::to_string(models.size()));
        expression += (index == 0 ? "" : "|") + models.back();
      }
      expression += ")";
    }
    config.sets = {{"product", expression}};
  }

  Names models;
  MatrixConfig config;
};

TEST_CASE("combinations beyond number are never expanded", "[config]") {
  const std::size_t factors = GENERATE(6u, 12u, 60u);
  Product product(factors, 10);
  product.config.evict_costs["m29"] = 2;
  const auto matrix = Matrix::compile(product.config, product.models);
  REQUIRE(matrix);
  Models running;
  Models stay;
  for (std::size_t model = 0; model < product.models.size(); ++model) {
    if (model != 13) {
      running.push_back(model);
    }
    if (model % 10 == 0) {
      stay.push_back(model == 10 ? 13 : model == 20 ? 29 : model);
    }
  }
  const MatrixSolution solution = matrix->solve(13, running);
  CHECK(solution.combination == stay);
  CHECK(solution.evict.size() == running.size() - (factors - 1));
  CHECK(solution.cost == static_cast<std::int64_t>(solution.evict.size()));
  CHECK(matrix->contains_all(stay));
  CHECK_FALSE(matrix->contains_all(running));
}

// More than a node keeps: what is found may not be the best in general, but here it is.
TEST_CASE("any six of forty keep the target and the dearest others", "[config]") {
  MatrixConfig config;
  Names models;
  Models running;
  std::string any;
  for (std::size_t model = 0; model < 40; ++model) {
    models.push_back("m" + std::to_string(model));
    any += (model == 0 ? "" : "|") + models.back();
    config.evict_costs[models.back()] = static_cast<int>(model * 7 % 40) + 1;
    if (model != 3) {
      running.push_back(model);
    }
  }
  config.sets = {{"any", any}, {"six", "+any & +any & +any & +any & +any & +any"}};
  const auto matrix = Matrix::compile(config, models);
  REQUIRE(matrix);
  const MatrixSolution solution = matrix->solve(3, running);
  CHECK(solution.set == "six");
  CHECK(solution.combination == Models{3, 5, 11, 17, 28, 34});  // all but m3 cost 36 to 40
}

TEST_CASE("sets that double each other take no time, and a hostile expression little", "[config]") {
  std::vector<MatrixSet> sets{{"s0", "a|b|c&d"}};
  for (int level = 1; level < 200; ++level) {
    const std::string before = "+s" + std::to_string(level - 1);
    sets.push_back({"s" + std::to_string(level), before + "&" + before});
  }
  const Asked doubled = with_sets(sets);
  CHECK(doubled.solve("a", {"b", "c"}) == "evict (0) by s2: a b c d");

  Names models;
  Models running;
  std::string hostile;
  for (std::size_t model = 0; model < 100; ++model) {
    models.push_back("m" + std::to_string(model));
    running.push_back(model);
  }
  for (std::size_t factor = 0; hostile.size() < 65'000; ++factor) {
    const auto model = [factor](std::size_t step) {
      return "m" + std::to_string(factor * step % 100);
    };
    hostile += std::string(factor == 0 ? "" : "&") + "(" + model(3) + "|" + model(7) + "&" +
               model(11) + "|" + model(13) + ")";
  }
  const auto matrix = Matrix::compile({{}, {}, {{"s", hostile}}}, models);
  REQUIRE(matrix);
  running.pop_back();
  CHECK(matrix->solve(99, running).set == "s");
}

}  // namespace
}  // namespace llmsnap
