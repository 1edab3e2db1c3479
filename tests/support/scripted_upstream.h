// ScriptedUpstream: a model's server for tests: records what it gets and does what a script says.
// Thread rule: the script runs on a thread per connection; the methods from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "support/listening.h"
#include "support/test_socket.h"

namespace llmsnap::test {

class ScriptedUpstream {
 public:
  /// Called for each request with its raw head and (decoded) body; false closes the connection.
  using Script =
      std::function<bool(TestSocket& client, const std::string& head, const std::string& body)>;

  explicit ScriptedUpstream(Script script, UniqueFd listener = loopback_listener());
  ~ScriptedUpstream();
  ScriptedUpstream(const ScriptedUpstream&) = delete;
  ScriptedUpstream& operator=(const ScriptedUpstream&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// Heads and bodies received so far, in order of arrival.
  std::vector<std::string> received() const;
  /// Empties received(), in a test that would fill memory otherwise.
  void forget();
  std::size_t connections() const { return connections_.load(); }

  /// Blocks until `count` requests have arrived; false after Patience.
  bool wait_for_requests(std::size_t count);

 private:
  struct Server {
    std::thread thread;
    std::atomic<bool> finished{false};
  };

  void accept_loop();
  void join_finished() REQUIRES(mutex_);
  void serve(TestSocket socket);

  const Script script_;
  UniqueFd listener_;
  const std::uint16_t port_;
  std::atomic<std::size_t> connections_{0};
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> received_ GUARDED_BY(mutex_);
  std::vector<int> open_ GUARDED_BY(mutex_);
  std::list<Server> servers_ GUARDED_BY(mutex_);
};

/// A script that answers every request with these bytes and keeps the connection.
ScriptedUpstream::Script always(std::string answer);

/// A script that sends these bytes and no more, and waits for the gateway to close the connection.
ScriptedUpstream::Script silent_after(std::string beginning);

/// The beginning of an answer that goes on for ever: its head and a chunk `abc`.
inline constexpr const char* BeginningOfAnswer =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";

/// `HTTP/1.1 200 OK` with Content-Length.
std::string plain_answer(std::string_view body, std::string_view content_type = "application/json");

}  // namespace llmsnap::test
