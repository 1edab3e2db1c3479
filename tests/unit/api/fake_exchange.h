// FakePool: stands in for upstream/ at link time: says what a model's server answers and keeps what
// it was sent. Thread rule: one test, one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "llmsnap/result.h"
#include "upstream/exchange.h"
#include "upstream/pool.h"

namespace llmsnap::api::test {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

struct ScriptedAnswer {
  int status = 200;
  NamedValues fields;
  std::vector<std::string> pieces;
  std::optional<Error> open_error;   ///< instead of an answer
  std::optional<Error> break_error;  ///< behind the pieces, instead of the end
  bool chunked = false;
};

struct SentRequest {
  std::string host;
  std::string method;
  std::string target;
  std::string upgrade;
  std::string body;
  NamedValues fields;
};

class FakePool : public upstream::Pool {
 public:
  ScriptedAnswer answer;
  std::vector<SentRequest> sent;
  int open_exchanges = 0;
};

}  // namespace llmsnap::api::test
