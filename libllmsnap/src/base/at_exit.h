// AtExit: runs a callable when the scope ends, however it ends.
// Thread rule: a local variable.
#pragma once

#include <utility>

namespace llmsnap {

template <typename F>
class AtExit {
 public:
  explicit AtExit(F callable) : callable_(std::move(callable)) {}
  ~AtExit() { callable_(); }
  AtExit(const AtExit&) = delete;
  AtExit& operator=(const AtExit&) = delete;

 private:
  F callable_;
};

}  // namespace llmsnap
