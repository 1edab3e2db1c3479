// Message types of Gateway::handle: for a program that has its own transport.
// Thread rule: a request is a plain value; an answer is used by one thread at a time (any).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "llmsnap/result.h"

namespace llmsnap {

struct GatewayRequest {
  std::string method = "GET";
  std::string target = "/";  ///< origin form, escapes kept, query included
  /// Host, framing and hop-by-hop fields are ignored; a value with CR, LF or NUL is answered with
  /// 400.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string client_address;  ///< for X-Forwarded-For, rules and records; may be empty
};

/// The answer, pulled. Dropping it before its end cancels the request: the model stops generating.
/// It must not outlive its gateway.
class GatewayAnswer {
 public:
  GatewayAnswer(GatewayAnswer&&) noexcept;
  GatewayAnswer& operator=(GatewayAnswer&&) noexcept;
  ~GatewayAnswer();

  int status() const;
  /// End-to-end fields; Content-Length is among them where the length is known.
  const std::vector<std::pair<std::string, std::string>>& headers() const;

  /// Blocks for the next piece of the body; an empty piece is the end. An error means that the
  /// answer broke: what was received must not be taken for complete.
  Result<std::string> next();

 private:
  friend class GatewayCore;
  struct State;
  explicit GatewayAnswer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap
