#include "io/connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "io/loop.h"
#include "io/resolver.h"
#include "io/socket.h"
#include "io/tls.h"

namespace llmsnap::io {
namespace {

using ConnectResult = Result<std::unique_ptr<Socket>>;

std::string place(const Url& url) {
  return url.scheme == Url::Scheme::Unix ? url.socket_path : url.authority();
}

Error cannot_connect(const Url& url, const std::string& why, ErrorCode code) {
  return {code, "cannot connect to " + place(url) + ": " + why};
}

Result<std::vector<SocketAddress>> unix_address(const Url& url) {
  SocketAddress address;
  auto* name = reinterpret_cast<sockaddr_un*>(&address.storage);
  name->sun_family = AF_UNIX;
  if (url.socket_path.size() >= sizeof(name->sun_path)) {
    return cannot_connect(url, "the path is too long for a socket", ErrorCode::UpstreamFailed);
  }
  std::memcpy(name->sun_path, url.socket_path.data(), url.socket_path.size());
  address.size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + url.socket_path.size() + 1);
  return std::vector<SocketAddress>{address};
}

Result<std::vector<SocketAddress>> addresses_of(const Url& url, Deadline deadline) {
  if (url.scheme == Url::Scheme::Unix) {
    return unix_address(url);
  }
  if (std::vector<SocketAddress> numeric = numeric_address(url.host, url.port); !numeric.empty()) {
    return numeric;
  }
  Resolver* resolver = Loop::current()->services().resolver;
  if (resolver == nullptr) {
    return cannot_connect(url, "this loop does not resolve names", ErrorCode::UpstreamFailed);
  }
  return resolver->resolve(url.host, url.port, deadline);
}

/// One attempt at one address.
ConnectResult connect_to(const Url& url, const SocketAddress& address, Deadline deadline) {
  UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) {
    return cannot_connect(url, std::strerror(errno), ErrorCode::UpstreamFailed);
  }
  if (address.storage.ss_family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  }
  const int descriptor = fd.get();
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address.storage), address.size) ==
      0) {
    return std::make_unique<Socket>(*Loop::current(), std::move(fd));
  }
  if (errno != EINPROGRESS) {
    return cannot_connect(url, std::strerror(errno), ErrorCode::UpstreamFailed);
  }
  auto socket = std::make_unique<Socket>(*Loop::current(), std::move(fd));
  if (const IoResult waited = socket->wait_connected(deadline); !waited) {
    return cannot_connect(url, describe(waited), error_code(waited));
  }
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    return cannot_connect(url, std::strerror(error), ErrorCode::UpstreamFailed);
  }
  return socket;
}

ConnectResult connect_to_any(const Url& url, Deadline deadline) {
  const Result<std::vector<SocketAddress>> addresses = addresses_of(url, deadline);
  if (!addresses) {
    return addresses.error();
  }
  ConnectResult last = cannot_connect(url, "it has no address", ErrorCode::UpstreamFailed);
  for (const SocketAddress& address : *addresses) {
    last = connect_to(url, address, deadline);
    if (last || last.error().code != ErrorCode::UpstreamFailed) {
      break;
    }
  }
  return last;
}

}  // namespace

Result<std::unique_ptr<Stream>> connect(const Url& url, Deadline deadline) {
  ConnectResult socket = connect_to_any(url, deadline);
  if (!socket) {
    return socket.error();
  }
  if (url.scheme != Url::Scheme::Https) {
    return std::unique_ptr<Stream>(std::make_unique<TcpStream>(std::move(*socket)));
  }
  const TlsContext* tls = Loop::current()->services().upstream_tls;
  if (tls == nullptr) {
    return cannot_connect(url, "TLS is not set up on this loop", ErrorCode::UpstreamFailed);
  }
  return tls->connect(std::move(*socket), url.host, deadline);
}

}  // namespace llmsnap::io
