// HttpServer: serves a gateway over HTTP/1.1 (TCP, TLS, Unix sockets); target llmsnap::http.
// Thread rule: every method from any thread but the gateway's own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "llmsnap/address.h"
#include "llmsnap/gateway.h"
#include "llmsnap/result.h"

namespace llmsnap {

struct TlsFiles {
  std::string certificate;  ///< PEM, the server's certificate first, then its chain
  std::string key;          ///< PEM
};

struct HttpServerOptions {
  /// Read again at each reload of the gateway's config, for connections that come then.
  std::optional<TlsFiles> tls;  ///< for the TCP listeners; Unix sockets stay plain
};

class HttpServer {
 public:
  /// The gateway must outlive the server.
  explicit HttpServer(Gateway& gateway, HttpServerOptions options = {});
  /// Stops first if nobody has.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Serves on `host:port`, `:port`, `[::1]:port` or `unix:/path`; may be called several times.
  /// Port 0 lets the kernel choose. Errors name the address and the reason.
  Result<Address> listen(std::string_view address);

  /// Blocks until stop was called and has ended.
  void wait();

  /// No new connections; idle ones close; requests in work have the config's `shutdownTimeout` to
  /// end, then they are cut. Blocks until all connections are gone.
  void stop();

  /// Ends stop's patience: requests in work are cut now.
  void cut();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap
