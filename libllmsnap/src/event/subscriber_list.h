// SubscriberList: the callbacks of one topic; what makes cancelling a subscription safe.
// Thread rule: add and cancelling from any thread; deliver from one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "llmsnap/subscription.h"

namespace llmsnap {

class SubscriberList {
 public:
  using Callback = std::function<void(const void* event)>;

  SubscriberList();
  ~SubscriberList();
  SubscriberList(const SubscriberList&) = delete;
  SubscriberList& operator=(const SubscriberList&) = delete;

  Subscription add(Callback callback);

  /// Calls every callback, in the order they were added; one added meanwhile hears the next event.
  void deliver(const void* event);

  /// How many calls ended with an exception.
  std::uint64_t failures() const;

 private:
  struct State;
  class Cancellation;
  std::shared_ptr<State>
      state_;  // owners: this list and every subscription, whichever lives longer
};

}  // namespace llmsnap
