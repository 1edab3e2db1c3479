// Exchange: one request to a server we do not own, and its answer, pulled: head first, then body
// pieces. Thread rule: opened and pulled by one fiber, on the loop of its pool. Dropping it closes
// the connection at once unless the answer was read to its end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/body_source.h"
#include "base/forward_proxy.h"
#include "base/url.h"
#include "io/stream.h"
#include "llmsnap/connection_timeouts.h"
#include "wire/fields.h"
#include "wire/response_head.h"

namespace llmsnap::upstream {

class Pool;

struct OutgoingRequest {
  const Url& url;
  std::string_view method;
  std::string_view target;  ///< origin form, escapes kept; url.base_path is put before it
  /// Final, Host included. Framing, Connection and Upgrade are added here; given ones are left out.
  std::span<const wire::Field> fields;
  BodySource* body = nullptr;  ///< null: no body. One that knows its length is sent with it
  ConnectionTimeouts timeouts;
  std::string_view upgrade;  ///< protocol to switch to, or empty
  /// Null: the server is connected to directly. It must outlive the exchange.
  const ForwardProxy* proxy = nullptr;
};

class Exchange final : public BodySource {
 public:
  /// Sends the request and reads the answer's head; 1xx are skipped (at most 16). The body's first
  /// piece is pulled before there is a connection. Retries once, on a new connection, only when a
  /// reused one gave not one byte and the body can be sent again. An answer that comes before the
  /// body was sent ends the sending and is given. Errors: UpstreamFailed, UpstreamTimeout,
  /// ClientLeft, Unavailable, BadRequest (a part of the request that cannot be written), Internal
  /// (a body of another length than announced), or what the body's pull gave.
  static Result<std::unique_ptr<Exchange>> open(Pool& pool, const OutgoingRequest& request);

  ~Exchange() override;

  /// Its views live as long as this.
  const wire::ResponseHead& head() const;

  /// Errors: UpstreamFailed (also an answer that ends too early), UpstreamTimeout, ClientLeft,
  /// Unavailable.
  Result<std::string_view> pull() override;
  bool ready() const override;

  /// Of what is pulled: 0 for the answer to HEAD, whatever its head announces.
  std::optional<std::uint64_t> length() const override;

  /// Trailers of the answer, validated; complete after the end was pulled.
  const std::vector<std::pair<std::string, std::string>>& trailers() const;

  /// Once, after a 101 that was asked for: the connection, and the bytes that came behind the head.
  struct Switched {
    std::unique_ptr<io::Stream> stream;
    std::string early_bytes;
  };
  Switched take_connection();

 private:
  struct State;
  explicit Exchange(std::unique_ptr<State> state);
  static Result<std::unique_ptr<Exchange>> attempt(Pool& pool, const OutgoingRequest& given);
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap::upstream
