// MatrixExpression: what is written in one set of the matrix, as a tree.
// Thread rule: plain values; a pure function.
//
//   expression := term { '|' term }           alternatives
//   term       := atom { '&' atom }           together
//   atom       := NAME | '+' NAME | '(' expression ')'
//
// A NAME is of letters, digits, '_', '-' and '.'. All characters beyond ASCII count as letters, but
// for those that no line of text may hold (controls, changes of direction, broken UTF-8).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/result.h"

namespace llmsnap {

struct MatrixExpression {
  struct Node {
    enum class Kind { Name, Set, And, Or };

    Kind kind = Kind::Name;
    std::string name;       ///< of a Name: a var or a model; of a Set: without the '+'
    std::size_t left = 0;   ///< of And and Or: both are nodes before this one
    std::size_t right = 0;  ///< of And and Or
  };

  std::vector<Node> nodes;  ///< never empty; the last is the root
};

/// InvalidConfig says what is wrong and at which byte, counted from 1. Text beyond 64 KiB and
/// parentheses deeper than 64 are errors too.
Result<MatrixExpression> parse_matrix_expression(std::string_view text);

}  // namespace llmsnap
