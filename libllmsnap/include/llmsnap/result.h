// Result<T>: a value or an Error. Errors that the outside can cause are values, never exceptions.
// Thread rule: a plain value; copy or move it between threads freely.
#pragma once

#include <cassert>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace llmsnap {

/// What kind of thing went wrong; the front maps it to an HTTP status in one place.
enum class ErrorCode {
  BadRequest,
  Unauthorized,
  Forbidden,
  NotFound,
  MethodNotAllowed,
  RequestTimeout,
  Conflict,
  LengthRequired,
  BodyTooLarge,
  TargetTooLong,
  ExpectationFailed,
  MisdirectedRequest,
  HeadTooLarge,
  TooManyRequests,
  NotImplemented,
  UpstreamFailed,
  UpstreamTimeout,
  Unavailable,
  Superseded,    ///< the config has changed meanwhile: asked again, the new one answers
  ShuttingDown,  ///< cut off: the gateway ends and its patience is over
  VersionNotSupported,
  StorageFull,
  LoopDetected,  ///< the request came back to a gateway that it had passed
  ClientLeft,
  Cancelled,  ///< an operator ended the request
  InvalidConfig,
  System,
  Internal,
};

/// One error: what was attempted, on what, and why it failed; lower case, no full stop.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;
  /// When it makes sense to try again, for TooManyRequests and Unavailable; 0: whoever made the
  /// error cannot know.
  std::chrono::seconds retry_after{0};
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }

  /// The value; only when this holds one.
  T& value() {
    assert(*this);
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    assert(*this);
    return *std::get_if<0>(&state_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The error; only when this holds no value.
  const Error& error() const {
    assert(!*this);
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return !error_; }

  const Error& error() const {
    assert(error_);
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace llmsnap
