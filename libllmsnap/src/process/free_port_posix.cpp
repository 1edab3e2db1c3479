#include <netinet/in.h>
#include <sys/socket.h>

#include "base/unique_fd.h"
#include "process/free_port.h"

namespace llmsnap::process {

std::uint16_t free_port() {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound =
      ::bind(socket.get(), generic, size) == 0 && ::getsockname(socket.get(), generic, &size) == 0;
  return bound ? ntohs(address.sin_port) : 0;
}

}  // namespace llmsnap::process
