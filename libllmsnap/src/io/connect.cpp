#include "io/connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "io/loop.h"
#include "io/poller.h"
#include "io/resolver.h"
#include "io/socket.h"
#include "io/tls.h"
#include "io/wait.h"

namespace llmsnap::io {
namespace {

using ConnectResult = Result<std::unique_ptr<Socket>>;

/// Between two attempts at a Unix socket whose backlog is full.
constexpr auto LongestPause = std::chrono::milliseconds(50);

/// What the kernel takes.
constexpr int MostKeepAliveSeconds = 32'767;

std::string place(const Url& url) {
  return url.scheme == Url::Scheme::Unix ? url.socket_path : url.authority();
}

Error cannot_connect(const Url& url, const std::string& why, ErrorCode code) {
  return {code, "cannot connect to " + place(url) + ": " + why};
}

Result<SocketAddress> unix_address(const Url& url) {
  SocketAddress address;
  auto* name = reinterpret_cast<sockaddr_un*>(&address.storage);
  name->sun_family = AF_UNIX;
  if (url.socket_path.size() >= sizeof(name->sun_path)) {
    return cannot_connect(url, "the path is too long for a socket", ErrorCode::UpstreamFailed);
  }
  std::memcpy(name->sun_path, url.socket_path.data(), url.socket_path.size());
  address.size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + url.socket_path.size() + 1);
  return address;
}

Result<std::vector<SocketAddress>> addresses_of(const Url& url, Deadline deadline) {
  if (std::vector<SocketAddress> numeric = numeric_address(url.host, url.port); !numeric.empty()) {
    return numeric;
  }
  Resolver* resolver = Loop::current()->services().resolver;
  if (resolver == nullptr) {
    return cannot_connect(url, "this loop does not resolve names", ErrorCode::UpstreamFailed);
  }
  return resolver->resolve(url.host, url.port, deadline);
}

Error cannot_connect(const Url& url, WaitResult why) {
  switch (why) {
    case WaitResult::ClientLeft:
      return cannot_connect(url, "the client left", ErrorCode::ClientLeft);
    case WaitResult::Shutdown:
      return cannot_connect(url, "the gateway is shutting down", ErrorCode::ShuttingDown);
    default:
      return cannot_connect(url, "it took too long", ErrorCode::UpstreamTimeout);
  }
}

void ask_whether_alive(const UniqueFd& socket, std::chrono::milliseconds interval) {
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  if (interval.count() == 0) {
    return;
  }
  const auto whole = std::chrono::ceil<std::chrono::seconds>(interval).count();
  const int seconds =
      static_cast<int>(std::clamp<std::chrono::seconds::rep>(whole, 1, MostKeepAliveSeconds));
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof(seconds));
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof(seconds));
}

/// A connect to one address; tells `any` when the kernel has decided.
class Attempt final : public PollTarget {
 public:
  Attempt(Loop& loop, Wait& any, std::chrono::milliseconds keep_alive)
      : loop_(loop), any_(any), keep_alive_(keep_alive) {}
  ~Attempt() { unwatch(); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  /// 0: connected; EINPROGRESS; else why not, where EAGAIN may be started again.
  int start(const SocketAddress& address) {
    fd_ = UniqueFd(
        ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd_) {
      return errno;
    }
    if (address.storage.ss_family != AF_UNIX) {
      const int on = 1;
      ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      ask_whether_alive(fd_, keep_alive_);
    }
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) ==
        0) {
      return 0;
    }
    if (errno != EINPROGRESS) {
      return errno;
    }
    watched_ = loop_.poller().add(fd_.get(), *this);
    return watched_ ? EINPROGRESS : errno;
  }

  bool ended() const { return ended_; }
  /// Once it has ended: 0 or why it failed.
  int outcome() const {
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
  }
  std::unique_ptr<Socket> take_socket() {
    unwatch();
    return std::make_unique<Socket>(loop_, std::move(fd_));
  }

 private:
  void on_ready(Readiness readiness) override {
    if (readiness.writable) {
      ended_ = true;
      any_.notify();
    }
  }
  void unwatch() {
    if (std::exchange(watched_, false)) {
      loop_.poller().remove(fd_.get(), *this);
    }
  }

  Loop& loop_;
  Wait& any_;
  const std::chrono::milliseconds keep_alive_;
  UniqueFd fd_;
  bool watched_ = false;
  bool ended_ = false;
};

/// The addresses of a name in their order, each with a head start over the next: one that swallows
/// every packet costs that much and not the whole time.
class Race {
 public:
  Race(const Url& url, const std::vector<SocketAddress>& addresses, const ConnectOptions& options)
      : url_(url), addresses_(addresses), options_(options) {}

  ConnectResult run() {
    while (!winner_) {
      const SteadyClock::time_point now = SteadyClock::now();
      if (next_ < addresses_.size() && (running_.empty() || now >= next_start_)) {
        start_next(now);
      } else if (running_.empty()) {
        return cannot_connect(url_, std::strerror(error_), ErrorCode::UpstreamFailed);
      } else {
        const bool all = next_ == addresses_.size();
        const WaitResult waited =
            any_.until(all ? options_.deadline : std::min(options_.deadline, next_start_));
        if (waited == WaitResult::Event) {
          settle();
        } else if (waited != WaitResult::Deadline || SteadyClock::now() >= options_.deadline) {
          return cannot_connect(url_, waited);
        }
      }
    }
    return std::move(winner_);
  }

 private:
  static constexpr auto HeadStart = std::chrono::milliseconds(250);

  void start_next(SteadyClock::time_point now) {
    auto attempt = std::make_unique<Attempt>(*Loop::current(), any_, options_.keep_alive);
    const int result = attempt->start(addresses_[next_++]);
    if (result == 0) {
      winner_ = attempt->take_socket();
    } else if (result == EINPROGRESS) {
      running_.push_back(std::move(attempt));
      next_start_ = now + HeadStart;
    } else {
      error_ = result;
    }
  }

  void settle() {
    std::erase_if(running_, [this](const std::unique_ptr<Attempt>& attempt) {
      if (!attempt->ended() || winner_) {
        return false;
      }
      const int error = attempt->outcome();
      if (error == 0) {
        winner_ = attempt->take_socket();
      } else {
        error_ = error;
        next_start_ = SteadyClock::now();
      }
      return true;
    });
  }

  const Url& url_;
  const std::vector<SocketAddress>& addresses_;
  const ConnectOptions& options_;
  Wait any_;
  std::vector<std::unique_ptr<Attempt>> running_;
  std::size_t next_ = 0;
  SteadyClock::time_point next_start_{};
  int error_ = 0;
  std::unique_ptr<Socket> winner_;
};

/// A Unix socket has no handshake: it is connected at once, or its server's backlog is full, and
/// nothing tells when that changes.
ConnectResult connect_unix(const Url& url, Deadline deadline) {
  const Result<SocketAddress> address = unix_address(url);
  if (!address) {
    return address.error();
  }
  Wait wait;
  for (auto pause = std::chrono::milliseconds(1);; pause = std::min(2 * pause, LongestPause)) {
    Attempt attempt(*Loop::current(), wait, {});
    const int result = attempt.start(*address);
    if (result == 0) {
      return attempt.take_socket();
    }
    if (result != EAGAIN) {
      return cannot_connect(url, std::strerror(result), ErrorCode::UpstreamFailed);
    }
    const WaitResult waited = wait.until(std::min(deadline, SteadyClock::now() + pause));
    if (waited != WaitResult::Deadline || SteadyClock::now() >= deadline) {
      return cannot_connect(url, waited);
    }
  }
}

}  // namespace

Result<std::unique_ptr<Socket>> connect_socket(const Url& url, const ConnectOptions& options) {
  if (url.scheme == Url::Scheme::Unix) {
    return connect_unix(url, options.deadline);
  }
  const Result<std::vector<SocketAddress>> addresses = addresses_of(url, options.deadline);
  if (!addresses) {
    return addresses.error();
  }
  return Race(url, *addresses, options).run();
}

Result<std::unique_ptr<Stream>> start_tls(std::unique_ptr<Socket> socket, const Url& url,
                                          const ConnectOptions& options) {
  const TlsContext* tls = Loop::current()->services().upstream_tls;
  if (tls == nullptr) {
    return cannot_connect(url, "TLS is not set up on this loop", ErrorCode::UpstreamFailed);
  }
  return tls->connect(std::move(socket), url.host,
                      std::min(options.deadline, deadline_in(options.tls_handshake)));
}

Result<std::unique_ptr<Stream>> connect(const Url& url, const ConnectOptions& options) {
  Result<std::unique_ptr<Socket>> socket = connect_socket(url, options);
  if (!socket) {
    return socket.error();
  }
  if (url.scheme == Url::Scheme::Https) {
    return start_tls(std::move(*socket), url, options);
  }
  return std::unique_ptr<Stream>(std::make_unique<TcpStream>(std::move(*socket)));
}

}  // namespace llmsnap::io
