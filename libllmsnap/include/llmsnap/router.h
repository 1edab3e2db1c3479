// Router: custom C++ rules that decide which model serves a request, before aliases and defaults
// do. Thread rule: add rules before the gateway serves; rules run on I/O threads, several at once.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "llmsnap/result.h"

namespace llmsnap {

/// What a rule may look at. Valid only during the call.
class RouteRequest {
 public:
  virtual ~RouteRequest() = default;
  virtual std::string_view model() const = 0;  ///< as the client named it
  virtual std::string_view method() const = 0;
  virtual std::string_view path() const = 0;
  virtual bool streaming() const = 0;
  virtual std::string_view client_address() const = 0;
  virtual std::string_view key_name() const = 0;
  /// First field of that name (case-insensitive); credentials are never shown.
  virtual std::optional<std::string_view> header(std::string_view name) const = 0;
};

/// The models as they are now. Valid only during the call.
class RouteView {
 public:
  virtual ~RouteView() = default;
  virtual bool exists(std::string_view model) const = 0;    ///< an id or alias of the config
  virtual bool is_ready(std::string_view model) const = 0;  ///< would serve without a load
  virtual std::vector<std::string> models() const = 0;      ///< all ids, sorted
};

struct NoOpinion {};
struct UseModel {
  /// Id or alias; an unknown one is answered like an unknown name from the client. A JSON body is
  /// sent on with this name in the place of the client's, unless the model has a useModelName.
  std::string model;
};
/// Answers the request with this error.
struct RefuseRoute {
  Error error;
};
using RouteDecision = std::variant<NoOpinion, UseModel, RefuseRoute>;

inline RouteDecision no_opinion() {
  return NoOpinion{};
}
inline RouteDecision use_model(std::string model) {
  return UseModel{std::move(model)};
}
/// `retry_after` is told to the client with TooManyRequests and Unavailable; 0: not known.
inline RouteDecision refuse_route(ErrorCode code, std::string message,
                                  std::chrono::seconds retry_after = std::chrono::seconds(0)) {
  return RefuseRoute{Error{code, std::move(message), retry_after}};
}

/// Must not block and has 64 KiB of stack to spare; one that takes over 5 ms is logged once.
/// An exception that leaves it is answered with 500 and logged.
using RouteRule = std::function<RouteDecision(const RouteRequest&, const RouteView&)>;

class Router {
 public:
  Router();
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  /// Rules are asked in the order they were added; the first with an opinion decides.
  void add_rule(std::string name, RouteRule rule);

 private:
  friend class RouterAccess;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap
