// Subscription: keeps a callback connected to a source of events; ends the connection when it is
// destroyed. Thread rule: owned by one thread at a time; cancel from any thread, also inside the
// callback.
#pragma once

#include <memory>
#include <utility>

namespace llmsnap {

class [[nodiscard]] Subscription {
 public:
  /// What a source puts behind a subscription.
  class Link {
   public:
    virtual ~Link() = default;
    virtual void cancel() = 0;
  };

  Subscription() = default;
  explicit Subscription(std::unique_ptr<Link> link) : link_(std::move(link)) {}
  Subscription(Subscription&&) noexcept = default;
  Subscription& operator=(Subscription&& other) noexcept {
    if (this != &other) {
      cancel();
      link_ = std::move(other.link_);
    }
    return *this;
  }
  ~Subscription() { cancel(); }

  /// Ends it: when this returns the callback is not running and never runs again. Inside the
  /// callback itself it returns at once, and the call in progress is the last. May outlive its
  /// source.
  void cancel() {
    if (link_) {
      std::exchange(link_, nullptr)->cancel();
    }
  }

  explicit operator bool() const { return link_ != nullptr; }

 private:
  std::unique_ptr<Link> link_;
};

}  // namespace llmsnap
