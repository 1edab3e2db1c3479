// HandledRequest: one Gateway::handle: a fiber that answers, and a queue of one piece to the
// caller's thread. Thread rule: take_* on the caller's thread; run on the fiber; they meet under a
// mutex.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/answer.h"
#include "api/early_answer.h"
#include "base/mutex.h"
#include "gateway/request_registry.h"
#include "io/wait.h"
#include "llmsnap/message.h"

namespace llmsnap {

class GatewayCore;
struct LoopState;

using OwnedFields = std::vector<std::pair<std::string, std::string>>;

/// Owned by the caller's answer and by the fiber, whichever ends later.
class HandledRequest final : public std::enable_shared_from_this<HandledRequest>,
                             private api::EarlyAnswer {
 public:
  HandledRequest(GatewayCore& core, LoopState& state, GatewayRequest request);

  struct Head {
    int status = 0;
    OwnedFields fields;
  };

  /// Starts the fiber. Any thread, once.
  void start();
  /// Blocks until the answer's head is there.
  Head take_head();
  /// Blocks for the next piece; empty at the end.
  Result<std::string> take_piece();
  /// The caller wants no more.
  void abandon();

 private:
  Result<void> begin(const api::Answer& answer) override;
  Result<void> write(std::string_view piece) override;
  void run();
  void turn_away();
  void refuse_without_fiber(const Error& error);
  TrafficRecord begun_record() const;
  void answer();
  void end_run();
  void give_head(const api::Answer& answer);
  void give_body(api::Answer& answer, api::Request& request);
  io::WaitResult give_piece(std::string piece);
  void end_answer();

  GatewayCore& core_;
  LoopState& state_;
  const GatewayRequest request_;
  std::optional<ActiveRequest> active_;  // loop's thread, from the start to the end of run
  io::Wait* taker_ = nullptr;            // loop's thread

  Mutex mutex_;
  CondVar changed_;
  std::optional<Head> head_ GUARDED_BY(mutex_);
  std::optional<std::string> piece_ GUARDED_BY(mutex_);
  bool head_given_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
  bool abandoned_ GUARDED_BY(mutex_) = false;
  std::optional<Error> error_ GUARDED_BY(mutex_);
};

}  // namespace llmsnap
