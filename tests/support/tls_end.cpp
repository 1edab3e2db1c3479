#include "support/tls_end.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "support/listening.h"

namespace llmsnap::test {
namespace {

struct FreeSession {
  void operator()(SSL* session) const { SSL_free(session); }
};
using Session = std::unique_ptr<SSL, FreeSession>;

void make_nonblocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/// Copies between an encrypted and a plain socket until one ends, with at most one piece in hand
/// for each direction: what one side does not take, the other cannot send.
class Pipe {
 public:
  Pipe(SSL* session, int plain) : session_(session), plain_(plain) {
    make_nonblocking(plain_);
    make_nonblocking(SSL_get_fd(session_));
  }

  void run() {
    while (!done()) {
      const bool moved = step();
      if (!moved && !done()) {
        wait();
      }
    }
    if (to_secret_.empty()) {
      SSL_shutdown(session_);
    }
  }

 private:
  bool done() const {
    return broken_ || (secret_ended_ && to_plain_.empty()) || (plain_ended_ && to_secret_.empty());
  }

  bool step() {
    bool moved = false;
    wants_ = {0, 0};
    moved |= to_plain_.empty() ? read_secret() : write_plain();
    moved |= to_secret_.empty() ? read_plain() : write_secret();
    return moved;
  }

  bool read_secret() {
    ERR_clear_error();
    const int count = SSL_read(session_, buffer_.data(), static_cast<int>(buffer_.size()));
    if (count > 0) {
      to_plain_.assign(buffer_.data(), static_cast<std::size_t>(count));
      return true;
    }
    return retry(count, secret_ended_);
  }

  bool write_secret() {
    ERR_clear_error();
    const int count = SSL_write(session_, to_secret_.data(), static_cast<int>(to_secret_.size()));
    if (count > 0) {
      to_secret_.erase(0, static_cast<std::size_t>(count));
      return true;
    }
    return retry(count, broken_);
  }

  bool retry(int result, bool& ended) {
    const int error = SSL_get_error(session_, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      wants_.secret |= error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
      return false;
    }
    ended = true;
    return true;
  }

  bool read_plain() {
    const ssize_t count = ::recv(plain_, buffer_.data(), buffer_.size(), 0);
    if (count > 0) {
      to_secret_.assign(buffer_.data(), static_cast<std::size_t>(count));
      return true;
    }
    if (count < 0 && errno == EAGAIN) {
      wants_.plain |= POLLIN;
      return false;
    }
    plain_ended_ = true;
    return true;
  }

  bool write_plain() {
    const ssize_t count = ::send(plain_, to_plain_.data(), to_plain_.size(), MSG_NOSIGNAL);
    if (count > 0) {
      to_plain_.erase(0, static_cast<std::size_t>(count));
      return true;
    }
    if (count < 0 && errno == EAGAIN) {
      wants_.plain |= POLLOUT;
      return false;
    }
    broken_ = true;
    return true;
  }

  void wait() {
    std::array<pollfd, 2> ends{pollfd{SSL_get_fd(session_), wants_.secret, 0},
                               pollfd{plain_, wants_.plain, 0}};
    if (::poll(ends.data(), ends.size(), -1) < 0) {
      broken_ = errno != EINTR;
    }
    // A side that was not asked about and has gone would be reported for ever.
    for (const pollfd& end : ends) {
      broken_ = broken_ || (end.events == 0 && (end.revents & (POLLHUP | POLLERR)) != 0);
    }
  }

  struct Wants {
    short secret;
    short plain;
  };

  SSL* const session_;
  const int plain_;
  std::array<char, 16 * 1024> buffer_{};
  std::string to_plain_;
  std::string to_secret_;
  Wants wants_{0, 0};
  bool secret_ended_ = false;
  bool plain_ended_ = false;
  bool broken_ = false;
};

Session session_on(SSL_CTX* context, int fd) {
  Session session(SSL_new(context));
  SSL_set_fd(session.get(), fd);
  SSL_set_mode(session.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return session;
}

}  // namespace

struct TlsFront::Context {
  explicit Context(const SelfSigned& certificate) : context(SSL_CTX_new(TLS_server_method())) {
    // OpenSSL's own BIO writes without MSG_NOSIGNAL.
    std::signal(SIGPIPE, SIG_IGN);
    if (SSL_CTX_use_certificate_chain_file(context, certificate.certificate_file().c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, certificate.key_file().c_str(), SSL_FILETYPE_PEM) !=
            1) {
      throw std::runtime_error("the test's certificate cannot be used");
    }
  }
  ~Context() { SSL_CTX_free(context); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  SSL_CTX* const context;
};

TlsFront::TlsFront(const SelfSigned& certificate, std::uint16_t plain_port, const std::string& host)
    : context_(std::make_unique<Context>(certificate)),
      plain_port_(plain_port),
      listener_(loopback_listener(host)),
      port_(port_of(listener_)) {
  acceptor_ = std::thread([this] { accept_loop(); });
}

TlsFront::~TlsFront() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  std::list<std::thread> servers;
  {
    const MutexLock lock(mutex_);
    servers.swap(servers_);
  }
  for (std::thread& server : servers) {
    server.join();  // each ends when its client or the plain server closes
  }
}

void TlsFront::accept_loop() {
  for (;;) {
    UniqueFd secret(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!secret) {
      return;
    }
    const MutexLock lock(mutex_);
    servers_.emplace_back([this, raw = secret.release()] { serve(UniqueFd(raw)); });
  }
}

void TlsFront::serve(UniqueFd secret) {
  const Session session = session_on(context_->context, secret.get());
  if (SSL_accept(session.get()) != 1) {
    return;
  }
  ++handshakes_;
  try {
    const TestSocket plain = TestSocket::connect(plain_port_);
    Pipe(session.get(), plain.descriptor()).run();
  } catch (const std::runtime_error&) {
    // The plain server has gone: the test ends.
  }
}

TlsClient::TlsClient(std::uint16_t port) {
  std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    throw std::runtime_error("no pair of sockets");
  }
  plain_ = TestSocket(UniqueFd(pair[0]));
  TestSocket secret = TestSocket::connect(port);
  pipe_ = std::thread([inner = UniqueFd(pair[1]), taken = std::move(secret)] {
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    {
      const Session session = session_on(context, taken.descriptor());
      if (SSL_connect(session.get()) == 1) {
        Pipe(session.get(), inner.get()).run();
      }
    }
    SSL_CTX_free(context);
  });
}

TlsClient::~TlsClient() {
  plain_.close();
  pipe_.join();
}

}  // namespace llmsnap::test
