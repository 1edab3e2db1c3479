#include "support/test_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "base/ascii.h"

namespace llmsnap::test {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

TestSocket TestSocket::connect(std::uint16_t port, const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    throw std::runtime_error("no such address: " + host);
  }
  UniqueFd fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int result = ::connect(fd.get(), found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  if (result != 0) {
    throw std::runtime_error(std::string("cannot connect: ") + std::strerror(errno));
  }
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return TestSocket(std::move(fd));
}

TestSocket TestSocket::connect_unix(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), std::min(path.size(), sizeof(name.sun_path) - 1));
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0) {
    throw std::runtime_error(std::string("cannot connect: ") + std::strerror(errno));
  }
  return TestSocket(std::move(fd));
}

bool TestSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void TestSocket::half_close() {
  ::shutdown(fd_.get(), SHUT_WR);
}

void TestSocket::reset_connection() {
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  fd_.reset();
}

bool TestSocket::wait_readable(std::chrono::milliseconds limit) const {
  pollfd wanted{fd_.get(), POLLIN, 0};
  return ::poll(&wanted, 1, static_cast<int>(std::max<std::int64_t>(0, limit.count()))) > 0;
}

std::string TestSocket::receive() {
  if (!ahead_.empty()) {
    return std::exchange(ahead_, {});
  }
  if (!wait_readable(Patience)) {
    throw std::runtime_error("nothing was received");
  }
  std::array<char, 64 * 1024> buffer{};
  const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  reset_ = count < 0 && errno == ECONNRESET;
  return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
}

std::string TestSocket::receive_all() {
  std::string all;
  for (std::string piece = receive(); !piece.empty(); piece = receive()) {
    all += piece;
  }
  return all;
}

std::string TestSocket::receive_until(std::string_view mark) {
  std::string all;
  std::size_t found = std::string::npos;
  while ((found = all.find(mark)) == std::string::npos) {
    const std::string piece = receive();
    if (piece.empty()) {
      return all;
    }
    all += piece;
  }
  ahead_ = all.substr(found + mark.size());
  all.resize(found + mark.size());
  return all;
}

bool TestSocket::closes_within(std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  std::array<char, 64 * 1024> buffer{};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0 || !wait_readable(left)) {
      return false;
    }
    if (::recv(fd_.get(), buffer.data(), buffer.size(), 0) <= 0) {
      return true;
    }
  }
}

std::string ReceivedAnswer::field(std::string_view name) const {
  const std::string head_lower = ascii::lower_case(head);
  const std::size_t at = head_lower.find("\r\n" + std::string(name) + ": ");
  if (at == std::string::npos) {
    return "(none)";
  }
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

namespace {

/// The next `count` bytes; fewer if the connection ends.
std::string receive_exactly(TestSocket& socket, std::string& buffered, std::size_t count) {
  while (buffered.size() < count) {
    const std::string piece = socket.receive();
    if (piece.empty()) {
      break;
    }
    buffered += piece;
  }
  const std::string taken = buffered.substr(0, count);
  buffered.erase(0, taken.size());
  return taken;
}

std::string receive_line(TestSocket& socket, std::string& buffered) {
  std::size_t end = std::string::npos;
  while ((end = buffered.find("\r\n")) == std::string::npos) {
    const std::string piece = socket.receive();
    if (piece.empty()) {
      return {};
    }
    buffered += piece;
  }
  const std::string line = buffered.substr(0, end + 2);
  buffered.erase(0, end + 2);
  return line;
}

void receive_chunks(TestSocket& socket, std::string& buffered, ReceivedAnswer& answer) {
  for (;;) {
    const std::string line = receive_line(socket, buffered);
    if (line.empty()) {
      return;
    }
    const std::size_t size = std::stoul(line, nullptr, 16);
    if (size == 0) {
      break;
    }
    const std::string data = receive_exactly(socket, buffered, size);
    answer.body += data;
    if (data.size() < size || receive_exactly(socket, buffered, 2) != "\r\n") {
      return;
    }
  }
  for (std::string line = receive_line(socket, buffered); !line.empty();
       line = receive_line(socket, buffered)) {
    if (line == "\r\n") {
      answer.complete = true;
      return;
    }
    answer.trailers += line;
  }
}

}  // namespace

ReceivedAnswer receive_answer(TestSocket& socket, bool to_head) {
  ReceivedAnswer answer;
  do {
    answer.head = socket.receive_until("\r\n\r\n");
    if (answer.head.size() < 16) {
      return answer;
    }
    answer.status = std::stoi(answer.head.substr(9, 3));
  } while (answer.status / 100 == 1 && answer.status != 101);
  if (to_head || answer.status == 204 || answer.status == 304 || answer.status == 101) {
    answer.complete = true;
    return answer;
  }
  std::string buffered;
  const std::string length = answer.field("content-length");
  if (answer.field("transfer-encoding") == "chunked") {
    receive_chunks(socket, buffered, answer);
  } else if (length != "(none)") {
    answer.body = receive_exactly(socket, buffered, std::stoul(length));
    answer.complete = answer.body.size() == std::stoul(length);
  } else {
    answer.body = buffered + socket.receive_all();
    answer.complete = true;
  }
  socket.put_back(buffered);
  return answer;
}

ReceivedAnswer exchange(std::uint16_t port, std::string_view request, bool to_head) {
  TestSocket socket = TestSocket::connect(port);
  socket.send(request);
  return receive_answer(socket, to_head);
}

}  // namespace llmsnap::test
