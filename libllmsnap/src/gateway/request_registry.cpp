#include "gateway/request_registry.h"

#include <utility>

namespace llmsnap {

ActiveRequest::ActiveRequest(RequestRegistry& registry) : registry_(registry) {
  registry_.add(*this);
}

ActiveRequest::~ActiveRequest() {
  registry_.remove(*this);
}

void RequestRegistry::add(ActiveRequest& request) {
  request.next_ = first_;
  if (first_ != nullptr) {
    first_->previous_ = &request;
  }
  first_ = &request;
  ++count_;
}

void RequestRegistry::remove(ActiveRequest& request) {
  if (request.previous_ != nullptr) {
    request.previous_->next_ = request.next_;
  } else {
    first_ = request.next_;
  }
  if (request.next_ != nullptr) {
    request.next_->previous_ = request.previous_;
  }
  --count_;
  if (count_ == 0) {
    for (const auto& callback : std::exchange(when_empty_, {})) {
      callback();
    }
  }
}

void RequestRegistry::when_empty(std::function<void()> callback) {
  if (count_ == 0) {
    callback();
  } else {
    when_empty_.push_back(std::move(callback));
  }
}

void RequestRegistry::cut_all() {
  for (ActiveRequest* request = first_; request != nullptr; request = request->next_) {
    request->interruption_.raise(io::WaitResult::Shutdown);
  }
}

}  // namespace llmsnap
