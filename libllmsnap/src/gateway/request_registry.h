// RequestRegistry: the requests in work on one loop, so that a shutdown can wait for them and cut
// them. Thread rule: the loop's thread only.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "io/wait.h"

namespace llmsnap {

class RequestRegistry;

/// One request in work; registered for as long as it lives. Its interruption is the request's.
class ActiveRequest {
 public:
  explicit ActiveRequest(RequestRegistry& registry);
  ~ActiveRequest();
  ActiveRequest(const ActiveRequest&) = delete;
  ActiveRequest& operator=(const ActiveRequest&) = delete;

  io::Interruption& interruption() { return interruption_; }

 private:
  friend class RequestRegistry;
  RequestRegistry& registry_;
  io::Interruption interruption_;
  ActiveRequest* previous_ = nullptr;
  ActiveRequest* next_ = nullptr;
};

class RequestRegistry {
 public:
  std::size_t count() const { return count_; }

  /// Calls `callback` once, as soon as nothing is in work; at once if that is so now. Several may
  /// wait.
  void when_empty(std::function<void()> callback);

  /// Every wait of every request in work ends with Shutdown.
  void cut_all();

 private:
  friend class ActiveRequest;
  void add(ActiveRequest& request);
  void remove(ActiveRequest& request);

  ActiveRequest* first_ = nullptr;
  std::size_t count_ = 0;
  std::vector<std::function<void()>> when_empty_;
};

}  // namespace llmsnap
