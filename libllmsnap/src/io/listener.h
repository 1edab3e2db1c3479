// Listener: a listening socket that hands its connections to a callback.
// Thread rule: opened anywhere; started, stopped and called back on its loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/listen_address.h"
#include "base/unique_fd.h"
#include "io/loop.h"
#include "io/poller.h"
#include "llmsnap/result.h"

namespace llmsnap::io {

struct Accepted {
  UniqueFd fd;               ///< non-blocking, close-on-exec
  std::string peer;          ///< address without port; empty for Unix sockets
  bool to_loopback = false;  ///< came in on a loopback address or a Unix socket
};

class Listener final : public PollTarget {
 public:
  /// Binds and listens. A Unix socket file that nobody serves any more is replaced.
  /// Errors: InvalidConfig with the address and the reason.
  static Result<std::unique_ptr<Listener>> open(const ListenAddress& address);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// The address with the port that the kernel chose.
  const ListenAddress& address() const { return address_; }

  /// From now on `on_accept` gets every connection. Errors of accept are survived: `on_trouble`
  /// hears of them (at most once a second) and accepting goes on.
  void start(Loop& loop, std::function<void(Accepted)> on_accept,
             std::function<void(std::string_view)> on_trouble);

  /// No connection is handed over after it; the port is free again.
  void stop();

 private:
  class Retry;
  Listener(ListenAddress address, UniqueFd fd);
  void on_ready(Readiness readiness) override;
  bool accept_one();
  void report(int error);
  void remove_socket_file();

  ListenAddress address_;
  std::uint64_t file_device_ = 0;  // with file_number_: which file a Unix socket's is
  std::uint64_t file_number_ = 0;
  UniqueFd fd_;
  Loop* loop_ = nullptr;
  std::function<void(Accepted)> on_accept_;
  std::function<void(std::string_view)> on_trouble_;
  std::unique_ptr<Retry> retry_;
  SteadyClock::time_point last_report_{};
};

}  // namespace llmsnap::io
