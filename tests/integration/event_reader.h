// Events: /api/events as a browser reads them; PlayedServer: a model's server that the test plays.
// Thread rule: the test's thread.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "catch.h"
#include "support/listening.h"
#include "support/test_socket.h"

namespace llmsnap::test {

inline std::string get_events(std::string_view more_fields = {}) {
  return "GET /api/events HTTP/1.1\r\nHost: localhost\r\n" + std::string(more_fields) + "\r\n";
}

struct Event {
  std::string id;
  std::string type;
  nlohmann::json data;
};

/// Reads /api/events as a browser would.
class Events {
 public:
  explicit Events(std::uint16_t port, std::string_view more_fields = {})
      : socket_(TestSocket::connect(port)) {
    socket_.send(get_events(more_fields));
    head_ = socket_.receive_until("\r\n\r\n");
  }

  const std::string& head() const { return head_; }

  Event next() {
    std::string text;
    do {
      text = socket_.receive_until("\n\n");
    } while (!text.empty() && text.find("data:") == std::string::npos);
    REQUIRE(text.find("data:") != std::string::npos);
    Event event;
    if (const auto id = text.find("id:"); id != std::string::npos) {
      event.id = text.substr(id + 3, text.find('\n', id) - id - 3);
    }
    const auto data = text.find("data:") + 5;
    const nlohmann::json json =
        nlohmann::json::parse(text.substr(data, text.find('\n', data) - data));
    event.type = json.at("type");
    event.data = nlohmann::json::parse(json.at("data").get<std::string>());
    return event;
  }

  /// The next event of that type for which `matches`.
  template <typename Matches>
  Event next_of(const std::string& type, Matches matches) {
    for (;;) {
      Event event = next();
      if (event.type == type && matches(event.data)) {
        return event;
      }
    }
  }
  Event next_of(const std::string& type) {
    return next_of(type, [](const nlohmann::json&) { return true; });
  }

 private:
  TestSocket socket_;
  std::string head_;
};

/// A model's server that the test itself plays.
class PlayedServer {
 public:
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_of(listener_)); }
  /// The connection of a request, whose head it has read.
  TestSocket accept() {
    TestSocket socket(UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
    socket.receive_until("\r\n\r\n");
    return socket;
  }

 private:
  const UniqueFd listener_ = loopback_listener();
};

}  // namespace llmsnap::test
