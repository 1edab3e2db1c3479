#include "config/matrix_expression.h"

#include <string>
#include <string_view>
#include <vector>

#include "catch.h"

namespace llmsnap {
namespace {

using Node = MatrixExpression::Node;

/// With all parentheses, so that it shows what binds what.
std::string shape_of(const MatrixExpression& expression) {
  std::vector<std::string> shapes;
  for (const Node& node : expression.nodes) {
    switch (node.kind) {
      case Node::Kind::Name:
        shapes.push_back(node.name);
        break;
      case Node::Kind::Set:
        shapes.push_back("+" + node.name);
        break;
      case Node::Kind::And:
        shapes.push_back("(" + shapes.at(node.left) + "&" + shapes.at(node.right) + ")");
        break;
      case Node::Kind::Or:
        shapes.push_back("(" + shapes.at(node.left) + "|" + shapes.at(node.right) + ")");
        break;
    }
  }
  return shapes.back();
}

std::string parenthesised(int times) {
  const auto count = static_cast<std::size_t>(times);
  return std::string(count, '(') + "a" + std::string(count, ')');
}

TEST_CASE("a matrix expression binds '&' tighter than '|' and groups from the left", "[config]") {
  struct Row {
    std::string text;
    std::string shape;
  };
  const Row row = GENERATE(values<Row>({
      {"a", "a"},
      {"llama-3.1_8b", "llama-3.1_8b"},
      {"-", "-"},
      {"+set.1", "+set.1"},
      {"a|b", "(a|b)"},
      {"a&b", "(a&b)"},
      {"a|b|c", "((a|b)|c)"},
      {"a&b&c", "((a&b)&c)"},
      {"a|b&c", "(a|(b&c))"},
      {"a&b|c&d", "((a&b)|(c&d))"},
      {"(a|b)&c", "((a|b)&c)"},
      {"a&(b|+c)", "(a&(b|+c))"},
      {"((a))", "a"},
      {" \t\n(a\r|b )&  +c ", "((a|b)&+c)"},
      {"modèle|\xE6\xA8\xA1\xE5\x9E\x8B", "(modèle|\xE6\xA8\xA1\xE5\x9E\x8B)"},
      {parenthesised(64), "a"},
  }));
  const auto expression = parse_matrix_expression(row.text);
  INFO(row.text);
  REQUIRE(expression);
  CHECK(shape_of(*expression) == row.shape);
}

TEST_CASE("a matrix expression that cannot be says what is wrong and where", "[config]") {
  struct Row {
    std::string text;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"", "empty DSL expression"},
      {" \n ", "empty DSL expression"},
      {"a/b", "unexpected character '/' at byte 2"},
      {"a:b", "unexpected character ':' at byte 2"},
      {"a, b", "unexpected character ',' at byte 2"},
      {std::string("a\0", 2), "unexpected character '\\x00' at byte 2"},
      {"a|b\xFF", "unexpected character in 'b\\xff' at byte 3"},
      {"\xC3", "unexpected character in '\\xc3' at byte 1"},
      {"a\xC2\x85", "unexpected character in 'a\\xc2\\x85' at byte 1"},
      {"+", "expected set name after '+' at byte 1"},
      {"a & + b", "expected set name after '+' at byte 5"},
      {"++a", "expected set name after '+' at byte 1"},
      {"(a", "missing closing parenthesis for the one at byte 1"},
      {"b&((a)", "missing closing parenthesis for the one at byte 3"},
      {"a)", "unexpected token ')' at byte 2"},
      {"()", "unexpected token ')' at byte 2"},
      {"a b", "unexpected token 'b' at byte 3"},
      {"(a b)", "unexpected token 'b' at byte 4"},
      {"a +b", "unexpected token '+b' at byte 3"},
      {"a||b", "unexpected token '|' at byte 3"},
      {"&a", "unexpected token '&' at byte 1"},
      {"a&", "unexpected token: the expression ends where a name was expected"},
      {"(", "unexpected token: the expression ends where a name was expected"},
      {"a " + std::string(100, 'b'),
       "unexpected token '" + std::string(64, 'b') + "...' at byte 3"},
      {parenthesised(65), "more than 64 parentheses in each other at byte 65"},
      {std::string(100'000, '('), "the expression is longer than 65536 bytes"},
  }));
  const auto expression = parse_matrix_expression(row.text);
  INFO(row.text);
  REQUIRE_FALSE(expression);
  CHECK(expression.error().code == ErrorCode::InvalidConfig);
  CHECK(expression.error().message == row.message);
}

TEST_CASE("a matrix expression may be a chain of any length", "[config]") {
  std::string text = "a";
  while (text.size() + 2 <= 64 * 1024) {
    text += text.size() % 4 == 1 ? "|a" : "&a";
  }
  const auto expression = parse_matrix_expression(text);
  REQUIRE(expression);
  CHECK(expression->nodes.size() == text.size());
}

}  // namespace
}  // namespace llmsnap
