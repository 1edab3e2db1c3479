#include "io/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "io/socket.h"
#include "io/tls_stream.h"

namespace llmsnap::io {
namespace {

Error cannot(const std::string& what) {
  return {ErrorCode::InvalidConfig, "cannot " + what + ": " + tls_failure_text()};
}

/// OpenSSL itself would ask for it at the terminal, and wait.
int refuse_password(char*, int, int, void* is_locked) {
  *static_cast<bool*>(is_locked) = true;
  return -1;
}

bool is_address(const std::string& host) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

/// Why the handshake failed, most specific first.
std::string handshake_failure(TlsStream& stream, const IoResult& result) {
  const long verified = SSL_get_verify_result(stream.session());
  if (verified != X509_V_OK) {
    ERR_clear_error();
    return X509_verify_cert_error_string(verified);
  }
  return result.status == IoStatus::Failed ? tls_failure_text() : describe(result);
}

}  // namespace

TlsContext::Context TlsContext::context() const {
  const MutexLock lock(mutex_);
  return context_;
}

void TlsContext::renew(const TlsContext& other) {
  Context next = other.context();
  const MutexLock lock(mutex_);
  context_.swap(next);
}

Result<std::unique_ptr<TlsContext>> TlsContext::server(const std::string& certificate_file,
                                                       const std::string& key_file) {
  ERR_clear_error();
  for (const std::string& file : {certificate_file, key_file}) {
    if (::access(file.c_str(), R_OK) != 0) {
      return Error{ErrorCode::InvalidConfig, "cannot read the TLS file " + file + ": " +
                                                 std::generic_category().message(errno)};
    }
  }
  const Context made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(made.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);  // tickets do without memory
  bool is_locked = false;
  SSL_CTX_set_default_passwd_cb_userdata(made.get(), &is_locked);
  SSL_CTX_set_default_passwd_cb(made.get(), refuse_password);
  if (SSL_CTX_use_certificate_chain_file(made.get(), certificate_file.c_str()) != 1) {
    return cannot("read the TLS certificate " + certificate_file);
  }
  const int used = SSL_CTX_use_PrivateKey_file(made.get(), key_file.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_default_passwd_cb_userdata(made.get(), nullptr);
  if (is_locked) {
    ERR_clear_error();
    return Error{ErrorCode::InvalidConfig,
                 "cannot use the TLS key " + key_file + ": it is locked with a password"};
  }
  if (used != 1) {
    return cannot("use the TLS key " + key_file + " with the certificate " + certificate_file);
  }
  if (SSL_CTX_check_private_key(made.get()) != 1) {
    return cannot("use the TLS key " + key_file + " with the certificate " + certificate_file);
  }
  return std::unique_ptr<TlsContext>(new TlsContext(made));
}

Result<std::unique_ptr<TlsContext>> TlsContext::client() {
  ERR_clear_error();
  const Context made(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_set_default_verify_paths(made.get()) != 1) {
    return cannot("load the system's certificates");
  }
  return std::unique_ptr<TlsContext>(new TlsContext(made));
}

Result<std::unique_ptr<Stream>> TlsContext::accept(std::unique_ptr<Socket> socket,
                                                   Deadline deadline) const {
  auto stream = std::make_unique<TlsStream>(context().get(), std::move(socket));
  SSL_set_accept_state(stream->session());
  if (const IoResult result = stream->handshake(deadline); !result) {
    return Error{ErrorCode::BadRequest,
                 "TLS handshake failed: " + handshake_failure(*stream, result)};
  }
  return std::unique_ptr<Stream>(std::move(stream));
}

Result<std::unique_ptr<Stream>> TlsContext::connect(std::unique_ptr<Socket> socket,
                                                    const std::string& host,
                                                    Deadline deadline) const {
  auto stream = std::make_unique<TlsStream>(context().get(), std::move(socket));
  SSL* session = stream->session();
  SSL_set_connect_state(session);
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
  } else {
    SSL_set_tlsext_host_name(session, host.c_str());
    SSL_set1_host(session, host.c_str());
  }
  if (const IoResult result = stream->handshake(deadline); !result) {
    return Error{error_code(result),
                 "TLS handshake with " + host + " failed: " + handshake_failure(*stream, result)};
  }
  return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace llmsnap::io
