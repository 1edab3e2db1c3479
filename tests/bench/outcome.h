#pragma once
// A figure, or the reason why there is none. Value types, any thread.

#include <string>
#include <utility>
#include <variant>

namespace bench {

struct Reason {
  std::string text;
};

template <class T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Outcome(Reason reason) : held_(std::in_place_index<1>, std::move(reason)) {}

  explicit operator bool() const { return held_.index() == 0; }
  T& operator*() { return std::get<0>(held_); }
  const T& operator*() const { return std::get<0>(held_); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }
  const Reason& reason() const { return std::get<1>(held_); }

 private:
  std::variant<T, Reason> held_;
};

}  // namespace bench
