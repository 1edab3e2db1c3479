// StopNotice: tells answers that have no end of their own that their server stops. They end then,
// whole, instead of being waited for and cut. Thread rule: its loop's thread only.
#pragma once

#include <functional>
#include <utility>

#include "event/subscriber_list.h"

namespace llmsnap::api {

class StopNotice {
 public:
  bool given() const { return given_; }

  /// Once, when no new requests are taken any more.
  void give() {
    given_ = true;
    listeners_.deliver(nullptr);
  }

  /// Called within give; not at all if it was given before.
  Subscription on_give(std::function<void()> listener) {
    return listeners_.add([call = std::move(listener)](const void*) { call(); });
  }

 private:
  bool given_ = false;
  SubscriberList listeners_;
};

}  // namespace llmsnap::api
