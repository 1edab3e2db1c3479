// Waiter: whoever wants to know how a request stands while it waits for its model.
// Thread rule: called on the request's fiber, which it may suspend.
#pragma once

#include "base/clock.h"
#include "llmsnap/result.h"
#include "schedule/standing.h"

namespace llmsnap::route {

struct Model;

class Waiter {
 public:
  virtual ~Waiter() = default;

  /// The request waits for this one from now on; again if it is another's turn.
  virtual void waits_for(const Model& model) = 0;
  /// When `stands` should be called next; NoDeadline: never.
  virtual Deadline due() const = 0;
  /// Moves `due` on. An error ends the wait.
  virtual Result<void> stands(const schedule::Standing& standing) = 0;
  /// The model may be used. An error ends the request.
  virtual Result<void> ready() = 0;
  /// The client has been told something already, under a head of our own.
  virtual bool has_begun() const = 0;
};

}  // namespace llmsnap::route
