#include <netinet/in.h>
#include <sys/socket.h>

#include <random>

#include "base/unique_fd.h"
#include "process/free_port.h"
#include "process/port_holder.h"

namespace llmsnap::process {
namespace {

// Below what systems give to connections and to servers that leave the choice to them: nobody gets
// one of these by chance before the program that it is meant for.
constexpr std::uint16_t First = 20'000;
constexpr std::uint16_t Last = 32'767;
constexpr int Tries = 50;

std::uint16_t kernels_choice() {
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

}  // namespace

std::uint16_t free_port() {
  std::random_device random;
  std::uniform_int_distribution<std::uint16_t> any(First, Last);
  for (int i = 0; i < Tries; ++i) {
    if (const std::uint16_t port = any(random); can_bind(port)) {
      return port;
    }
  }
  return kernels_choice();
}

}  // namespace llmsnap::process
