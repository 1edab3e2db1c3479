#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <sstream>
#include <string_view>
#include <vector>

#include "base/file_text.h"
#include "base/unique_fd.h"
#include "process/port_holder.h"
#include "process/proc_files.h"

namespace llmsnap::process {
namespace {

constexpr int Listening = 0x0A;

/// A line of /proc/net/tcp.
struct Socket {
  int state = 0;
  std::uint64_t inode = 0;  ///< 0: it is nobody's any more

  bool owned() const { return inode != 0; }
};

std::vector<Socket> sockets_on(std::uint16_t port) {
  std::vector<Socket> sockets;
  for (const char* const table : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
    std::istringstream lines(file_text(table).value_or(""));
    std::string line;
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::string slot, local, remote, queues, timer, retries, uid, timeout;
      Socket socket;
      words >> slot >> local >> remote >> std::hex >> socket.state >> queues >> timer >> retries >>
          std::dec >> uid >> timeout >> socket.inode;
      if (words && local.ends_with(fmt::format(":{:04X}", port))) {
        sockets.push_back(socket);
      }
    }
  }
  return sockets;
}

/// With SO_REUSEADDR, as servers do it: without, what waits to be forgotten would count. Any other
/// failure than EADDRINUSE is none of a holder's.
bool can_bind(int family, const sockaddr* address, socklen_t size) {
  const UniqueFd probe(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (family == AF_INET6) {
    ::setsockopt(probe.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  return !probe || ::bind(probe.get(), address, size) == 0 || errno != EADDRINUSE;
}

/// The any-address collides with every other of its family, 127.0.0.1 too.
bool can_bind_any(std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  return can_bind(AF_INET, reinterpret_cast<const sockaddr*>(&v4), sizeof(v4)) &&
         can_bind(AF_INET6, reinterpret_cast<const sockaddr*>(&v6), sizeof(v6));
}

bool has_socket(pid_t pid, const std::string& link) {
  const std::string folder = fmt::format("/proc/{}/fd", pid);
  const std::vector<int> descriptors = numbers_in(folder);
  return std::any_of(descriptors.begin(), descriptors.end(), [&folder, &link](int fd) {
    std::array<char, PATH_MAX> target;
    const ssize_t size =
        ::readlink(fmt::format("{}/{}", folder, fd).c_str(), target.data(), target.size());
    return size > 0 && std::string_view(target.data(), static_cast<std::size_t>(size)) == link;
  });
}

}  // namespace

bool can_bind(std::uint16_t port) {
  if (can_bind_any(port)) {
    return true;
  }
  // A server that did not set SO_REUSEADDR leaves connections that nobody can bind beside. What is
  // bound and does not listen yet is in no table.
  const std::vector<Socket> sockets = sockets_on(port);
  return !sockets.empty() && std::none_of(sockets.begin(), sockets.end(),
                                          [](const Socket& socket) { return socket.owned(); });
}

bool is_open_to_others(std::uint16_t port) {
  // An address of this machine that nobody names: only who listens on all of them has it.
  constexpr in_addr_t Unusual = 0x7f000102;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(Unusual);
  return !can_bind(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

std::optional<PortHolder> holder_of(std::uint16_t port) {
  std::vector<Socket> sockets = sockets_on(port);
  std::stable_partition(sockets.begin(), sockets.end(),
                        [](const Socket& socket) { return socket.state == Listening; });
  for (const Socket& socket : sockets) {
    const std::string link = fmt::format("socket:[{}]", socket.inode);
    for (const pid_t pid : socket.owned() ? numbers_in("/proc") : std::vector<int>()) {
      if (has_socket(pid, link)) {
        const auto stat = process_stat(pid);
        return PortHolder{pid, stat ? stat->command : ""};
      }
    }
  }
  return std::nullopt;
}

std::string port_in_use(std::uint16_t port) {
  const auto holder = holder_of(port);
  if (!holder) {
    return fmt::format("port {} is used by another process", port);
  }
  const std::string name = holder->command.empty() ? "" : fmt::format(" ({})", holder->command);
  return fmt::format("port {} is used by process {}{}", port, holder->pid, name);
}

}  // namespace llmsnap::process
