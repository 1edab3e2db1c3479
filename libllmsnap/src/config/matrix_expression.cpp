#include "config/matrix_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/escape.h"

namespace llmsnap {
namespace {

constexpr std::size_t MaxTextLength = 64 * 1024;
constexpr int MaxParentheses = 64;
constexpr std::size_t MaxQuotedLength = 64;

using Node = MatrixExpression::Node;

struct Token {
  enum class Kind { Name, Set, And, Or, Open, Close, End };

  Kind kind = Kind::End;
  std::string_view text;
  std::size_t at = 0;
};

using Tokens = std::vector<Token>;

Error invalid(std::string message) {
  return Error{ErrorCode::InvalidConfig, std::move(message)};
}

bool is_name_byte(char c) {
  return ascii::is_alphanumeric(c) || c == '_' || c == '-' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::string_view name_at(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_name_byte);
  return rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
}

std::string quoted(std::string_view text) {
  const bool is_long = text.size() > MaxQuotedLength;
  return fmt::format("'{}{}'", escaped(text.substr(0, MaxQuotedLength)), is_long ? "..." : "");
}

Result<Token> name_token(std::string_view text, std::size_t at) {
  const bool is_set = text[at] == '+';
  const std::string_view name = name_at(text, is_set ? at + 1 : at);
  if (name.empty()) {
    return invalid(is_set ? fmt::format("expected set name after '+' at byte {}", at + 1)
                          : fmt::format("unexpected character {} at byte {}",
                                        quoted(text.substr(at, 1)), at + 1));
  }
  // Of what is_name_byte lets through, only bytes beyond ASCII are ever escaped.
  if (escaped(name) != name) {
    return invalid(fmt::format("unexpected character in {} at byte {}", quoted(name), at + 1));
  }
  return Token{is_set ? Token::Kind::Set : Token::Kind::Name, name, at};
}

Token::Kind operator_kind(char c) {
  switch (c) {
    case '&':
      return Token::Kind::And;
    case '|':
      return Token::Kind::Or;
    case '(':
      return Token::Kind::Open;
    case ')':
      return Token::Kind::Close;
    default:
      return Token::Kind::End;
  }
}

Result<Tokens> tokens_of(std::string_view text) {
  Tokens tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    if (ascii::is_space(text[at])) {
      ++at;
      continue;
    }
    if (const Token::Kind kind = operator_kind(text[at]); kind != Token::Kind::End) {
      tokens.push_back({kind, text.substr(at, 1), at});
      ++at;
      continue;
    }
    auto token = name_token(text, at);
    if (!token) {
      return token.error();
    }
    at += token->text.size() + (token->kind == Token::Kind::Set ? 1 : 0);
    tokens.push_back(*token);
  }
  tokens.push_back({Token::Kind::End, {}, text.size()});
  return tokens;
}

class Parser {
 public:
  explicit Parser(const Tokens& tokens) : tokens_(tokens) {}

  Result<MatrixExpression> parse() {
    const auto root = alternatives();
    if (!root) {
      return root.error();
    }
    if (next().kind != Token::Kind::End) {
      return unexpected();
    }
    return std::move(expression_);
  }

 private:
  const Token& next() const { return tokens_[position_]; }

  bool accept(Token::Kind kind) {
    if (next().kind != kind) {
      return false;
    }
    ++position_;
    return true;
  }

  Error unexpected() const {
    if (next().kind == Token::Kind::End) {
      return invalid("unexpected token: the expression ends where a name was expected");
    }
    const std::string_view plus = next().kind == Token::Kind::Set ? "+" : "";
    return invalid(fmt::format("unexpected token {} at byte {}",
                               quoted(std::string(plus) + std::string(next().text)),
                               next().at + 1));
  }

  std::size_t add(Node node) {
    expression_.nodes.push_back(std::move(node));
    return expression_.nodes.size() - 1;
  }

  // Chains of operators become deep trees without recursion; only parentheses recurse.
  Result<std::size_t> alternatives() {
    auto left = together();
    while (left && accept(Token::Kind::Or)) {
      const auto right = together();
      if (!right) {
        return right;
      }
      left = add({Node::Kind::Or, {}, *left, *right});
    }
    return left;
  }

  Result<std::size_t> together() {
    auto left = atom();
    while (left && accept(Token::Kind::And)) {
      const auto right = atom();
      if (!right) {
        return right;
      }
      left = add({Node::Kind::And, {}, *left, *right});
    }
    return left;
  }

  Result<std::size_t> atom() {
    const Token& token = next();
    if (accept(Token::Kind::Name)) {
      return add({Node::Kind::Name, std::string(token.text)});
    }
    if (accept(Token::Kind::Set)) {
      return add({Node::Kind::Set, std::string(token.text)});
    }
    if (accept(Token::Kind::Open)) {
      return parenthesised(token);
    }
    return unexpected();
  }

  Result<std::size_t> parenthesised(const Token& open) {
    if (depth_ == MaxParentheses) {
      return invalid(fmt::format("more than {} parentheses in each other at byte {}",
                                 MaxParentheses, open.at + 1));
    }
    ++depth_;
    auto inner = alternatives();
    --depth_;
    if (inner && !accept(Token::Kind::Close)) {
      return next().kind == Token::Kind::End
                 ? invalid(fmt::format("missing closing parenthesis for the one at byte {}",
                                       open.at + 1))
                 : unexpected();
    }
    return inner;
  }

  const Tokens& tokens_;  // the last is an End, which is never accepted
  std::size_t position_ = 0;
  int depth_ = 0;
  MatrixExpression expression_;
};

}  // namespace

Result<MatrixExpression> parse_matrix_expression(std::string_view text) {
  if (text.size() > MaxTextLength) {
    return invalid(fmt::format("the expression is longer than {} bytes", MaxTextLength));
  }
  const auto tokens = tokens_of(text);
  if (!tokens) {
    return tokens.error();
  }
  if (tokens->size() == 1) {
    return invalid("empty DSL expression");
  }
  return Parser(*tokens).parse();
}

}  // namespace llmsnap
