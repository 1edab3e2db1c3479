// EarlyAnswer: lets an answer begin while its handler still works on the rest of it.
// Thread rule: the request's fiber, which both may suspend.
#pragma once

#include <string_view>

#include "llmsnap/result.h"

namespace llmsnap::api {

struct Answer;

class EarlyAnswer {
 public:
  virtual ~EarlyAnswer() = default;

  /// Sends the head of an answer with a body of unknown length; once. Of what the handler then
  /// gives only the body is sent. Errors: ClientLeft, ShuttingDown.
  virtual Result<void> begin(const Answer& answer) = 0;

  /// After begin: sends a piece of the body, ahead of what the handler gives. Errors as begin's.
  virtual Result<void> write(std::string_view piece) = 0;
};

}  // namespace llmsnap::api
