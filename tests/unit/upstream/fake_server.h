// FakeServer: a server on a real socket of the running loop; each connection is a fiber with the
// test's code. Thread rule: made, used and destroyed on one fiber; declare it before what connects
// to it.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/listen_address.h"
#include "base/url.h"
#include "catch.h"
#include "io/fiber.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/socket.h"
#include "io/wait.h"
#include "unit/io/loop_runner.h"

namespace llmsnap::upstream {

/// Longer than anything here takes, shorter than the patience of who waits for a hanging test.
inline Deadline soon() {
  return deadline_in(std::chrono::seconds(20));
}

/// One connection, as its server sees it.
class Connection {
 public:
  Connection(io::Stream& stream, std::size_t number) : stream_(stream), number_(number) {}

  /// Counted from 1, over all connections of the server.
  std::size_t number() const { return number_; }
  io::Stream& stream() { return stream_; }

  /// Head and body of the next request; empty when the client closed instead.
  std::string read_request() {
    std::size_t end = std::string::npos;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) {
        return {};
      }
    }
    const std::size_t size = end + 4 + content_length(received_.substr(0, end));
    while (received_.size() < size) {
      if (!receive()) {
        return {};
      }
    }
    std::string request = received_.substr(0, size);
    received_.erase(0, size);
    return request;
  }

  /// True once the client's end was read; everything before it is thrown away.
  bool read_to_end() {
    while (receive()) {
    }
    return ended_;
  }

  /// True once the client's end was seen, without reading anything.
  bool wait_for_departure() {
    io::Interruption gone;
    stream_.watch_departure(&gone);
    io::Fiber::current()->watch(&gone);
    const io::WaitResult result = io::Wait().until(soon());
    io::Fiber::current()->watch(nullptr);
    stream_.watch_departure(nullptr);
    return result == io::WaitResult::ClientLeft;
  }

  void send(std::string_view bytes) { stream_.write_all(bytes, std::chrono::seconds(20)); }

 private:
  static std::size_t content_length(std::string_view head) {
    constexpr std::string_view Name = "Content-Length: ";
    std::size_t length = 0;
    if (const std::size_t at = head.find(Name); at != std::string_view::npos) {
      std::from_chars(head.data() + at + Name.size(), head.data() + head.size(), length);
    }
    return length;
  }

  bool receive() {
    std::array<char, 4096> buffer{};
    const io::IoResult got = stream_.read_some(buffer, soon());
    received_.append(buffer.data(), got.bytes);
    ended_ = got.status == io::IoStatus::End || got.status == io::IoStatus::Failed;
    return static_cast<bool>(got);
  }

  io::Stream& stream_;
  std::size_t number_;
  std::string received_;
  bool ended_ = false;
};

class FakeServer {
 public:
  using Behaviour = std::function<void(Connection&)>;

  /// `behaviour` runs for each connection; the connection is closed when it returns.
  explicit FakeServer(Behaviour behaviour) : behaviour_(std::move(behaviour)) {
    auto opened = io::Listener::open(*parse_listen("127.0.0.1:0"));
    REQUIRE(opened);
    listener_ = std::move(*opened);
    listener_->start(
        *io::Loop::current(), [this](io::Accepted accepted) { serve(std::move(accepted)); },
        [](std::string_view) {});
  }

  /// Waits until all connections are done: the clients must have closed theirs.
  ~FakeServer() {
    listener_->stop();
    if (active_ > 0) {
      io::Wait all_done;
      all_done_ = &all_done;
      CHECK(all_done.until(soon()) == io::WaitResult::Event);
    }
  }

  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  Url url() const {
    Url url;
    url.host = "127.0.0.1";
    url.port = listener_->address().port;
    return url;
  }

  std::size_t connections() const { return connections_; }

 private:
  void serve(io::Accepted accepted) {
    ++active_;
    ++connections_;

    io::start_fiber([this, fd = std::move(accepted.fd), number = connections_]() mutable {
      {
        io::TcpStream stream(std::make_unique<io::Socket>(*io::Loop::current(), std::move(fd)));
        Connection connection(stream, number);
        behaviour_(connection);
      }
      if (--active_ == 0 && all_done_ != nullptr) {
        all_done_->notify();
      }
    });
  }

  Behaviour behaviour_;
  std::unique_ptr<io::Listener> listener_;
  std::size_t active_ = 0;
  std::size_t connections_ = 0;
  io::Wait* all_done_ = nullptr;
};

}  // namespace llmsnap::upstream
