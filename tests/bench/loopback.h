#pragma once
// Sockets on 127.0.0.1, the clock, and the descriptor limit. Free functions, any thread.

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "outcome.h"

namespace bench {

// Owns a descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Where requests go: an address, what Host says, and what stands before each path.
struct Endpoint {
  sockaddr_in address{};
  std::string host;
  std::string prefix;
};

Endpoint loopback_endpoint(std::uint16_t port);

// "http://127.0.0.1:8080/prefix"; refused if the host is not a loopback address.
Outcome<Endpoint> parse_url(std::string_view url);

// A listening socket, non-blocking; port 0 = one of the kernel's choice.
Outcome<Fd> listen_on(std::uint16_t port);
std::uint16_t port_of(const Fd& listener);

// A port that was free a moment ago, for programs that cannot report one they chose.
std::uint16_t free_port();

enum class Blocking { Yes, No };

// Begins (No) or completes (Yes, bounded by 5 s) a connection; not open on failure.
Fd connect_to(const Endpoint& endpoint, Blocking blocking);

// Raises the limit as far as allowed and gives the result.
std::size_t raise_descriptor_limit();

// Puts the calling thread (and what it forks) before others on a busy machine, where that is
// allowed, so that a delay that is measured is not that of the measuring. Gateways start with
// Ordinary.
enum class Priority { Ordinary, Raised };
void set_priority(Priority priority);

// CLOCK_MONOTONIC, which all processes of a machine share.
std::int64_t now_ns();

// "POST /v1/chat/completions" as one text, head and body. `fields`: further lines of the head.
std::string chat_request(const Endpoint& endpoint, std::string_view body,
                         std::string_view fields = {});

}  // namespace bench
