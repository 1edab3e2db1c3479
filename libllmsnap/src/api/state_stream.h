// StateStream: changes of models' states as a body without an end, in the words of llama.cpp's
// router. Thread rule: belongs to the request's fiber.
#pragma once

#include <memory>
#include <string>

#include "api/stop_notice.h"
#include "base/body_source.h"
#include "io/bell.h"
#include "llmsnap/event_bus.h"
#include "llmsnap/subscription.h"

namespace llmsnap::api {

class StateStream final : public BodySource {
 public:
  /// Both must outlive it; `stop` may be null.
  StateStream(EventBus& events, StopNotice* stop);
  ~StateStream() override;

  /// Ends when the server stops, or once the reader is so slow that changes would have to be left
  /// out: it asks anew, and for the list of models. A comment now and then keeps it from being
  /// taken for dead.
  Result<std::string_view> pull() override;

 private:
  struct Waiting;

  void listen();

  EventBus& events_;
  StopNotice* const stop_;
  std::string piece_;
  bool begun_ = false;
  const std::shared_ptr<Waiting> waiting_;  // the other owner is the subscriber
  // From the first wait on; the other owners are the subscriptions' callbacks.
  std::shared_ptr<io::Bell> bell_;
  Subscription stopping_;
  Subscription changes_;
};

}  // namespace llmsnap::api
