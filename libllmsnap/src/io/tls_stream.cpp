#include "io/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace llmsnap::io {
namespace {

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL; a library must not raise SIGPIPE in its
// host.
Socket& socket_of(BIO* bio) {
  return *static_cast<Socket*>(BIO_get_data(bio));
}

int bio_read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const IoResult result = socket_of(bio).try_read({into, static_cast<std::size_t>(size)});
  if (result) {
    return static_cast<int>(result.bytes);
  }
  if (result.status == IoStatus::Deadline) {
    BIO_set_retry_read(bio);
  }
  errno = result.error;
  return result.status == IoStatus::End ? 0 : -1;
}

int bio_write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const std::string_view piece(bytes, static_cast<std::size_t>(size));
  const IoResult result = socket_of(bio).try_write(std::span<const std::string_view>(&piece, 1));
  if (result) {
    return static_cast<int>(result.bytes);
  }
  if (result.status == IoStatus::Deadline) {
    BIO_set_retry_write(bio);
  }
  errno = result.error;
  return -1;
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* bio_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "llmsnap socket");
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

}  // namespace

std::string tls_failure_text() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "the TLS connection broke" : reason;
}

TlsStream::TlsStream(SSL_CTX* context, std::unique_ptr<Socket> socket)
    : socket_(std::move(socket)), ssl_(SSL_new(context)) {
  BIO* bio = BIO_new(bio_method());
  BIO_set_data(bio, socket_.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                         SSL_MODE_RELEASE_BUFFERS);
}

TlsStream::~TlsStream() {
  SSL_free(ssl_);
}

IoResult TlsStream::failure(int ssl_error) const {
  if (ssl_error == SSL_ERROR_ZERO_RETURN) {
    return {IoStatus::End, 0, 0};
  }
  // Without close_notify the end may be an attacker's cut: it never counts as an end.
  return {IoStatus::Failed, 0, ssl_error == SSL_ERROR_SYSCALL ? errno : 0};
}

IoResult TlsStream::wait_for(int ssl_error, Deadline deadline) {
  if (ssl_error == SSL_ERROR_WANT_READ) {
    return socket_->wait_readable(deadline);
  }
  if (ssl_error == SSL_ERROR_WANT_WRITE) {
    return socket_->wait_writable(deadline);
  }
  return failure(ssl_error);
}

IoResult TlsStream::handshake(Deadline deadline) {
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_);
    if (done == 1) {
      return {};
    }
    const int error = SSL_get_error(ssl_, done);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      return {IoStatus::Failed, 0, 0};  // the caller takes the reason from OpenSSL's queue
    }
    if (const IoResult waited = wait_for(error, deadline); !waited) {
      return waited;
    }
  }
}

IoResult TlsStream::read_some(std::span<char> into, Deadline deadline) {
  for (;;) {
    ERR_clear_error();
    std::size_t count = 0;
    const int done = SSL_read_ex(ssl_, into.data(), into.size(), &count);
    if (done == 1) {
      return {IoStatus::Ok, count, 0};
    }
    if (const IoResult waited = wait_for(SSL_get_error(ssl_, done), deadline); !waited) {
      return waited;
    }
  }
}

IoResult TlsStream::write_all(std::span<const std::string_view> pieces,
                              SteadyClock::duration idle) {
  std::size_t total = 0;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      ERR_clear_error();
      std::size_t count = 0;
      const int done = SSL_write_ex(ssl_, piece.data(), piece.size(), &count);
      if (done == 1) {
        piece.remove_prefix(count);
        total += count;
      } else if (const IoResult waited = wait_for(SSL_get_error(ssl_, done), deadline_in(idle));
                 !waited) {
        return waited;
      }
    }
  }
  return {IoStatus::Ok, total, 0};
}

IoResult TlsStream::write_some(std::string_view piece, Deadline deadline) {
  for (;;) {
    ERR_clear_error();
    char byte = 0;
    std::size_t count = 0;
    // A ready socket may hold no more than a session ticket: only decrypted bytes count as an
    // answer.
    if (readable()) {
      const int peeked = SSL_peek_ex(ssl_, &byte, 1, &count);
      if (peeked == 1 || SSL_get_error(ssl_, peeked) != SSL_ERROR_WANT_READ) {
        return {IoStatus::Readable, 0, 0};
      }
      ERR_clear_error();
    }
    const int done = SSL_write_ex(ssl_, piece.data(), piece.size(), &count);
    if (done == 1) {
      return {IoStatus::Ok, count, 0};
    }
    const int error = SSL_get_error(ssl_, done);
    const IoResult waited = error == SSL_ERROR_WANT_WRITE
                                ? socket_->wait_writable_or_readable(deadline)
                                : wait_for(error, deadline);
    if (!waited && waited.status != IoStatus::Readable) {
      return waited;
    }
  }
}

bool TlsStream::readable() {
  return SSL_pending(ssl_) > 0 || socket_->confirm_readable();
}

void TlsStream::when_readable(std::function<void()> callback) {
  if (callback && SSL_pending(ssl_) > 0) {
    callback();
  } else {
    socket_->when_readable(std::move(callback));
  }
}

void TlsStream::shutdown_write() {
  ERR_clear_error();
  SSL_shutdown(ssl_);
  socket_->shutdown_write();
}

}  // namespace llmsnap::io
