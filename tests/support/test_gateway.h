// TestGateway: a gateway with its server on a kernel-chosen port, and what it logged and recorded.
// Thread rule: made and used by the test's thread; the waits are for events, with a deadline.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "llmsnap/gateway.h"
#include "llmsnap/http_server.h"
#include "support/test_socket.h"

namespace llmsnap::test {

/// Ends the program if the line says that a fiber's stack was used too deeply: every test of a
/// gateway is a test of that.
void end_on_deep_stack(std::string_view log_line);

/// For a Gateway without TestGateway.
GatewayOptions watched_options();

class TestGateway {
 public:
  /// Listens on 127.0.0.1:0.
  explicit TestGateway(Config config, HttpServerOptions options = {},
                       const ProxyEnvironment& proxies = {});

  Gateway& gateway() { return *gateway_; }
  HttpServer& server() { return *server_; }
  std::uint16_t port() const { return port_; }

  std::vector<std::string> log_lines() const;
  /// Blocks until a line begins so; false after Patience.
  bool wait_for_line(std::string_view beginning);
  /// The records so far once there are `count`, or what there is after Patience.
  std::vector<TrafficRecord> wait_for_records(std::size_t count);

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> lines_ GUARDED_BY(mutex_);
  std::vector<TrafficRecord> records_ GUARDED_BY(mutex_);

  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<HttpServer> server_;
  Subscription subscription_;
  std::uint16_t port_ = 0;
};

/// A config with model `m` served at `url`.
Config config_for(const std::string& url);

ModelConfig served_at(const std::string& id, const std::string& url);

/// A chat request for model `m` with this body, kept alive.
std::string chat_request(std::string_view body = R"({"model":"m"})",
                         std::string_view more_fields = {});

}  // namespace llmsnap::test
