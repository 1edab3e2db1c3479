// Task: a move-only callable without arguments, run at most once.
// Thread rule: a plain value; the thread that runs it owns it then.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace llmsnap {

class Task {
 public:
  Task() = default;

  template <typename F>
  requires(!std::is_same_v<std::decay_t<F>, Task> && std::is_invocable_v<std::decay_t<F>&>)
      Task(F&& callable)
      : holder_(std::make_unique<Holder<std::decay_t<F>>>(std::forward<F>(callable))) {}

  explicit operator bool() const { return holder_ != nullptr; }
  void operator()() { holder_->run(); }

 private:
  struct Callable {
    virtual ~Callable() = default;
    virtual void run() = 0;
  };
  template <typename F>
  struct Holder final : Callable {
    explicit Holder(F callable) : callable_(std::move(callable)) {}
    void run() override { callable_(); }
    F callable_;
  };

  std::unique_ptr<Callable> holder_;
};

}  // namespace llmsnap
