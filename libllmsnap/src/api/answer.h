// Request and Answer: what the api layer takes from a front and gives back: value in, pulled answer
// out. Thread rule: both belong to the request's fiber.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/capture_tap.h"
#include "api/stream_dialect.h"
#include "base/body_source.h"
#include "llmsnap/traffic_record.h"
#include "upstream/exchange.h"
#include "wire/request_head.h"

namespace llmsnap::upstream {
class Pool;
}

namespace llmsnap::api {

class EarlyAnswer;
class StopNotice;

/// One request. It, and all it points to, must outlive the body of its answer, which completes
/// `record`: drop the answer first, then hand the record on.
struct Request {
  const wire::RequestHead& head;
  BodySource* body = nullptr;  ///< what the client sends, pulled on demand; null: no body
  std::string_view client_address = {};
  std::string_view listen_name = {};  ///< host part of the `listen` entry the connection came in on
  bool to_loopback = false;           ///< the connection came in on a loopback address
  bool tls = false;
  bool can_upgrade = false;  ///< the front can tunnel; else an Upgrade is answered as plain HTTP
  upstream::Pool& pool;
  StopNotice* stop_notice = nullptr;  ///< given when the front stops; null: it never does
  EarlyAnswer* early = nullptr;       ///< null: nothing can be sent before the answer is whole
  /// Not None once an early answer has begun: that is how errors are told then.
  StreamDialect begun = StreamDialect::None;
  /// Filled along the way by whoever knows; the front sets received, received_at, request_bytes,
  /// first_byte, response_bytes, finished, and an outcome worse than the one it finds.
  TrafficRecord record = {};
  CaptureTap capture = {};  ///< begun where the request is sent on to a model
};

/// An answer whose body is pulled by the front. Field views point to literals, into `owned` or into
/// what `body` holds. Fields never contain framing (Content-Length, Transfer-Encoding, Connection,
/// Keep-Alive, Date): the front writes those. With HEAD, 204 and 304 the front sends no body,
/// whatever is here.
struct Answer {
  int status = 200;
  std::string_view reason;  ///< empty: the standard one
  wire::Fields fields;
  std::list<std::string> owned;

  std::unique_ptr<BodySource> body;     ///< null: empty body
  std::optional<std::uint64_t> length;  ///< announced length; absent: chunked or until close
  bool close = false;                   ///< the connection must not carry another request
  bool pass_trailers = false;  ///< the client wants trailers and the upstream may have some
  upstream::Exchange* exchange = nullptr;  ///< set when `body` wraps an upstream exchange
  /// 101: the front sends the head (with `Connection: upgrade`; Upgrade is among the fields), takes
  /// the connection from `exchange` and tunnels; `body` lives until the tunnel is closed and is
  /// never pulled.
  bool switched = false;

  /// Adds a field whose value the answer keeps. `name` must be a literal.
  void add(std::string_view name, std::string value) {
    fields.push_back({name, owned.emplace_back(std::move(value))});
  }
};

}  // namespace llmsnap::api
