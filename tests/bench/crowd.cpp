#include "crowd.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "fake_upstream.h"

namespace bench {
namespace {

constexpr std::size_t BufferBytes = 64 * 1024;
constexpr std::size_t OpeningAtOnce = 100;
constexpr std::int64_t OpeningLimitNs = 30'000'000'000;

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

Crowd::Crowd(const Endpoint& endpoint, const std::string& request, Kind kind)
    : endpoint_(endpoint),
      request_(request),
      kind_(kind),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(std::make_unique<char[]>(BufferBytes)) {}

Crowd::~Crowd() {
  for (const Client& client : clients_) {
    const linger reset{1, 0};
    setsockopt(client.fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
}

Outcome<Crowd> Crowd::open(const Endpoint& endpoint, const std::string& request,
                           std::size_t connections, Kind kind) {
  Crowd crowd(endpoint, request, kind);
  crowd.clients_.resize(connections);
  const std::int64_t deadline = now_ns() + OpeningLimitNs;
  std::size_t begun = 0;
  while (crowd.settled_ < connections && !crowd.failure_) {
    while (begun < connections && begun - crowd.settled_ < OpeningAtOnce) {
      if (!crowd.begin(begun)) {
        return Reason{fmt::format("failed: connection {} of {}: {}", begun + 1, connections,
                                  std::strerror(errno))};
      }
      ++begun;
    }
    crowd.poll(10);
    if (now_ns() > deadline) {
      return Reason{fmt::format("failed: {} of {} connections were served within 30 s",
                                crowd.settled_, connections)};
    }
  }
  if (crowd.failure_) {
    return Reason{fmt::format("failed: {} of {} connections were served, then: {}", crowd.settled_,
                              connections, *crowd.failure_)};
  }
  return crowd;
}

bool Crowd::begin(std::size_t index) {
  Client& client = clients_[index];
  client.fd = connect_to(endpoint_, Blocking::No);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.u64 = index;
  return client.fd.open() && epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, client.fd.get(), &event) == 0;
}

void Crowd::poll(int milliseconds) {
  std::array<epoll_event, 256> events{};
  const int ready =
      epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), milliseconds);
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    handle(event.data.u64, event.events);
  }
}

void Crowd::handle(std::size_t index, std::uint32_t events) {
  Client& client = clients_[index];
  if (!client.connected && (events & EPOLLOUT) != 0) {
    client.connected = true;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, client.fd.get(), &event);
    const auto sent = send(client.fd.get(), request_.data(), request_.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request_.size())) {
      fail(client, "the request could not be sent");
    }
    return;
  }
  receive(client);
}

void Crowd::receive(Client& client) {
  const auto got = recv(client.fd.get(), buffer_.get(), BufferBytes, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (got <= 0) {
    fail(client, got == 0 ? "the connection was closed" : std::strerror(errno));
    return;
  }
  const std::string_view bytes(buffer_.get(), static_cast<std::size_t>(got));
  if (kind_ == Kind::Streams && client.settled) {
    count_events(client, bytes);
    return;
  }
  const auto state = client.reader.feed(bytes);
  const int status = client.reader.status();
  if (state == ReplyReader::State::Broken || (status != 0 && status != 200)) {
    fail(client, fmt::format("an answer with status {}", status));
    return;
  }
  const bool settled = kind_ == Kind::Idle ? state == ReplyReader::State::Complete
                                           : bytes.find(EventMarker) != std::string_view::npos;
  if (settled && !client.settled) {
    client.settled = true;
    ++settled_;
  }
}

// A stamp that a gateway has split by a chunk head of its own is left out of the delays.
void Crowd::count_events(Client& client, std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (client.digits == StampIdle) {
      at = bytes.find(EventMarker, at);
      if (at == std::string_view::npos) {
        return;
      }
      ++count_.events;
      client.digits = 0;
      client.stamp = 0;
      ++at;
      continue;
    }
    const int digit = hex_value(bytes[at++]);
    if (digit < 0) {
      client.digits = StampIdle;
      continue;
    }
    client.stamp = client.stamp << 4 | static_cast<std::uint64_t>(digit);
    if (++client.digits == StampDigits) {
      client.digits = StampIdle;
      const auto delay = now_ns() - static_cast<std::int64_t>(client.stamp);
      count_.longest_delay_ms = std::max(count_.longest_delay_ms, static_cast<double>(delay) / 1e6);
    }
  }
}

StreamCount Crowd::run(std::chrono::nanoseconds time) {
  count_ = StreamCount{};
  const std::int64_t begin = now_ns();
  const std::int64_t end = begin + time.count();
  while (now_ns() < end) {
    poll(static_cast<int>(std::clamp<std::int64_t>((end - now_ns()) / 1'000'000, 1, 10)));
  }
  count_.seconds = static_cast<double>(now_ns() - begin) / 1e9;
  return count_;
}

std::size_t Crowd::alive() const {
  return static_cast<std::size_t>(
      std::count_if(clients_.begin(), clients_.end(), [](const Client& c) { return c.fd.open(); }));
}

void Crowd::fail(Client& client, std::string why) {
  client.fd = Fd();
  failure_ = std::move(why);
}

}  // namespace bench
