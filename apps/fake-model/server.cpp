#include "server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

#include "ending.h"

namespace fake_model {
namespace {

// A stream is not produced further while the client has this much to read.
constexpr std::size_t MaxUnsentBytes = 256 * 1024;

std::string_view reason_of(int status) {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

std::optional<sockaddr_in> parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  address.sin_port = htons(port);
  const std::string host = text.substr(0, colon);
  const char* const numeric = host == "localhost" ? "127.0.0.1" : host.c_str();
  if (inet_pton(AF_INET, numeric, &address.sin_addr) != 1) {
    return std::nullopt;
  }
  return address;
}

}  // namespace

struct Server::Connection {
  int fd = -1;
  RequestReader reader;
  std::string out;
  std::size_t sent = 0;
  std::size_t pieces = 0;        // of the answer
  std::optional<Answer> answer;  // the one in work
  bool head_sent = false;
  bool head_only = false;
  bool chunked = true;
  bool close_after = false;
  std::uint32_t watched = 0;
  Clock::time_point next_at{};
  std::optional<Timers::iterator> timer;

  bool unsent() const { return sent < out.size(); }
  void append_head();
};

void Server::Connection::append_head() {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "HTTP/1.1 {} {}\r\nServer: fake-model\r\nContent-Type: {}\r\n", answer->status,
                 reason_of(answer->status), answer->content_type);
  if (answer->status == 101) {
    out += "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  } else if (!answer->next_piece) {
    fmt::format_to(to, "Content-Length: {}\r\n", answer->body.size());
  } else if (chunked) {
    out += "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n";
  }
  if (close_after) {
    out += "Connection: close\r\n";
  }
  out += "\r\n";
  head_sent = true;
}

Server::Server(Handler handler) : handler_(std::move(handler)) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
}

Server::~Server() {
  for (const auto& [fd, connection] : connections_) {
    ::close(fd);
  }
  if (listener_ >= 0) {
    ::close(listener_);
  }
  if (epoll_ >= 0) {
    ::close(epoll_);
  }
}

std::string Server::listen(const std::string& address, std::string& why) {
  auto parsed = parse_address(address);
  if (!parsed) {
    why = "not an IPv4 address and port";
    return {};
  }
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = sizeof *parsed;
  auto* const raw = reinterpret_cast<sockaddr*>(&*parsed);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (epoll_ < 0 || listener_ < 0 || bind(listener_, raw, size) != 0 ||
      ::listen(listener_, 1024) != 0 || getsockname(listener_, raw, &size) != 0 ||
      epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) != 0) {
    // As most servers say it.
    why = errno == EADDRINUSE ? "address already in use" : std::strerror(errno);
    return {};
  }
  std::array<char, INET_ADDRSTRLEN> host{};
  inet_ntop(AF_INET, &parsed->sin_addr, host.data(), host.size());
  return fmt::format("{}:{}", host.data(), ntohs(parsed->sin_port));
}

void Server::run() {
  std::array<epoll_event, 256> events{};
  for (;;) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                 milliseconds_to_next_timer());
    // A connection has one entry per wait and closes only itself or in a timer, so that no entry
    // of this round can name a connection that is gone.
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.ptr == nullptr) {
        accept_all();
      } else {
        on_event(*static_cast<Connection*>(event.data.ptr), event.events);
      }
    }
    run_timers();
  }
}

void Server::accept_all() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      return;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>();
    connection->fd = fd;
    connection->watched = EPOLLIN | EPOLLRDHUP;
    epoll_event event{};
    event.events = connection->watched;
    event.data.ptr = connection.get();
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
      ::close(fd);
      continue;
    }
    connections_.emplace(fd, std::move(connection));
  }
}

void Server::on_event(Connection& connection, std::uint32_t events) {
  // A client that has shut its side counts as gone, as it does for the gateway.
  const bool gone = (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0;
  if (gone || ((events & EPOLLIN) != 0 && !receive(connection))) {
    close(connection);
    return;
  }
  advance(connection);
}

bool Server::receive(Connection& connection) {
  std::array<char, 64 * 1024> buffer;
  const auto got = recv(connection.fd, buffer.data(), buffer.size(), 0);
  if (got > 0) {
    connection.reader.append({buffer.data(), static_cast<std::size_t>(got)});
    return true;
  }
  return got < 0 && (errno == EAGAIN || errno == EINTR);
}

bool Server::flush(Connection& connection) {
  while (connection.unsent()) {
    const auto sent = send(connection.fd, connection.out.data() + connection.sent,
                           connection.out.size() - connection.sent, MSG_NOSIGNAL);
    if (sent < 0) {
      return errno == EAGAIN || errno == EINTR;
    }
    connection.sent += static_cast<std::size_t>(sent);
  }
  connection.out.clear();
  connection.sent = 0;
  return true;
}

void Server::advance(Connection& connection) {
  for (;;) {
    if (connection.answer && !produce(connection)) {
      break;
    }
    if (connection.close_after) {
      break;
    }
    const auto outcome = connection.reader.read();
    if (outcome == RequestReader::Outcome::NeedsMore) {
      if (connection.reader.take_continue_wish()) {
        connection.out += "HTTP/1.1 100 Continue\r\n\r\n";
      }
      break;
    }
    if (outcome == RequestReader::Outcome::Refused) {
      refuse(connection, connection.reader.refusal_status());
    } else {
      begin_answer(connection, connection.reader.take());
    }
  }
  if (!flush(connection) ||
      (connection.close_after && !connection.answer && !connection.unsent())) {
    close(connection);
    return;
  }
  if (connection.answer && !connection.timer && !connection.unsent()) {
    // The client reads as fast as we produce: others get their turn before this one goes on.
    arm(connection, Clock::now());
  }
  watch(connection);
}

void Server::begin_answer(Connection& connection, const Request& request) {
  connection.answer = handler_(request);
  connection.pieces = 0;
  connection.head_sent = false;
  connection.head_only = request.method == "HEAD";
  connection.chunked = !request.http_1_0 && connection.answer->status != 101;
  connection.close_after =
      !request.keep_alive || (connection.answer->next_piece && request.http_1_0);
  connection.next_at = Clock::now() + connection.answer->delay;
}

void Server::refuse(Connection& connection, int status) {
  connection.answer = Answer{};
  connection.answer->status = status;
  connection.answer->content_type = "text/plain";
  connection.answer->body = fmt::format("{}\n", reason_of(status));
  connection.head_sent = false;
  connection.head_only = false;
  connection.close_after = true;
  connection.next_at = Clock::now();
}

bool Server::produce(Connection& connection) {
  Answer& answer = *connection.answer;
  const auto now = Clock::now();
  if (now < connection.next_at) {
    arm(connection, connection.next_at);
    return false;
  }
  if (!connection.head_sent) {
    connection.append_head();
  }
  bool more = answer.next_piece && !connection.head_only;
  if (!answer.next_piece && !connection.head_only) {
    connection.out += answer.body;
  }
  std::string piece;
  while (more && now >= connection.next_at && connection.out.size() < MaxUnsentBytes) {
    maybe_crash(connection);
    piece.clear();
    more = answer.next_piece(piece);
    ++connection.pieces;
    if (connection.chunked && !piece.empty()) {
      fmt::format_to(std::back_inserter(connection.out), "{:x}\r\n{}\r\n", piece.size(), piece);
    } else {
      connection.out += piece;
    }
    const std::size_t passed = connection.pieces - 1;
    connection.next_at +=
        passed < answer.intervals.size() ? answer.intervals[passed] : answer.interval;
  }
  if (more) {
    // Waits for time here; else the client has to read first, see `advance`.
    if (now < connection.next_at) {
      arm(connection, connection.next_at);
    }
    return false;
  }
  if (answer.breaks) {
    connection.close_after = true;
  } else if (answer.next_piece && connection.chunked && !connection.head_only) {
    connection.out += "0\r\n\r\n";
  }
  disarm(connection);
  connection.answer.reset();
  return true;
}

void Server::maybe_crash(Connection& connection) {
  if (connection.pieces == connection.answer->crashes_after) {
    flush(connection);
    crash();
  }
}

void Server::arm(Connection& connection, Clock::time_point when) {
  disarm(connection);
  connection.timer = timers_.emplace(when, &connection);
}

void Server::disarm(Connection& connection) {
  if (connection.timer) {
    timers_.erase(*connection.timer);
    connection.timer.reset();
  }
}

void Server::watch(Connection& connection) {
  // Pipelined bytes stay in the socket while an answer is in work.
  const std::uint32_t wanted = EPOLLRDHUP | (connection.answer ? 0u : std::uint32_t{EPOLLIN}) |
                               (connection.unsent() ? std::uint32_t{EPOLLOUT} : 0u);
  if (wanted == connection.watched) {
    return;
  }
  epoll_event event{};
  event.events = connection.watched = wanted;
  event.data.ptr = &connection;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

void Server::close(Connection& connection) {
  disarm(connection);
  const int fd = connection.fd;
  ::close(fd);
  connections_.erase(fd);
}

void Server::run_timers() {
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    Connection& connection = *timers_.begin()->second;
    disarm(connection);
    advance(connection);
  }
}

int Server::milliseconds_to_next_timer() const {
  if (timers_.empty()) {
    return -1;
  }
  const auto left = timers_.begin()->first - Clock::now();
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<decltype(rounded)>(rounded, 0, 60'000));
}

}  // namespace fake_model
