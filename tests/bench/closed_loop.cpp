#include "closed_loop.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace bench {
namespace {

constexpr std::size_t BufferBytes = 64 * 1024;

bool send_all(const Fd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Reads one answer from a blocking socket; the value is when its first byte came.
Outcome<std::int64_t> read_reply(const Fd& fd, ReplyReader& reader,
                                 std::array<char, BufferBytes>& buffer) {
  std::int64_t first = 0;
  for (;;) {
    const auto got = recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      return Reason{got == 0 ? "failed: the connection was closed without an answer"
                             : fmt::format("failed: {}", std::strerror(errno))};
    }
    first = first == 0 ? now_ns() : first;
    switch (reader.feed({buffer.data(), static_cast<std::size_t>(got)})) {
      case ReplyReader::State::Complete:
        return first;
      case ReplyReader::State::Broken:
        return Reason{"failed: an answer that is no HTTP"};
      case ReplyReader::State::NeedsMore:
        break;
    }
  }
}

}  // namespace

ClosedLoop::ClosedLoop(const Endpoint& endpoint, std::string request, std::size_t connections)
    : endpoint_(endpoint),
      request_(std::move(request)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      clients_(connections),
      buffer_(std::make_unique<char[]>(BufferBytes)) {
  for (std::size_t index = 0; index < clients_.size(); ++index) {
    open(index);
  }
}

void ClosedLoop::open(std::size_t index) {
  Client& client = clients_[index];
  client.fd = connect_to(endpoint_, Blocking::Yes);
  client.reader = ReplyReader();
  if (!client.fd.open()) {
    return;
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, client.fd.get(), &event);
  send_request(client);
}

void ClosedLoop::send_request(Client& client) const {
  // A failure shows as a closed connection at the next read.
  [[maybe_unused]] const auto sent =
      send(client.fd.get(), request_.data(), request_.size(), MSG_NOSIGNAL);
}

LoopCount ClosedLoop::run(std::chrono::nanoseconds time) {
  LoopCount count;
  const std::int64_t begin = now_ns();
  const std::int64_t end = begin + time.count();
  std::array<epoll_event, 64> events{};
  std::int64_t now = begin;
  while (now < end) {
    const int ready = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 10);
    for (int i = 0; i < ready; ++i) {
      receive(events[static_cast<std::size_t>(i)].data.u64, count);
    }
    now = now_ns();
  }
  count.seconds = static_cast<double>(now - begin) / 1e9;
  return count;
}

void ClosedLoop::receive(std::size_t index, LoopCount& count) {
  Client& client = clients_[index];
  const auto got = recv(client.fd.get(), buffer_.get(), BufferBytes, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  const auto state = got <= 0 ? ReplyReader::State::Broken
                              : client.reader.feed({buffer_.get(), static_cast<std::size_t>(got)});
  if (state == ReplyReader::State::NeedsMore) {
    return;
  }
  if (state == ReplyReader::State::Broken) {
    ++count.failures;
    open(index);
    return;
  }
  ++(client.reader.status() == 200 ? count.replies : count.failures);
  send_request(client);
}

Outcome<std::vector<double>> first_byte_times(const Endpoint& endpoint, const std::string& request,
                                              std::chrono::nanoseconds time) {
  const Fd fd = connect_to(endpoint, Blocking::Yes);
  ReplyReader reader;
  const auto buffer = std::make_unique<std::array<char, BufferBytes>>();
  std::vector<double> times;
  const std::int64_t end = now_ns() + time.count();
  for (;;) {
    const std::int64_t begin = now_ns();
    if (begin >= end) {
      return times;
    }
    if (!send_all(fd, request)) {
      return Reason{"failed: the request could not be sent"};
    }
    const auto first = read_reply(fd, reader, *buffer);
    if (!first) {
      return first.reason();
    }
    if (reader.status() != 200) {
      return Reason{fmt::format("failed: status {}", reader.status())};
    }
    times.push_back(static_cast<double>(*first - begin) / 1000.0);
  }
}

Outcome<int> send_once(const Endpoint& endpoint, const std::string& request) {
  const Fd fd = connect_to(endpoint, Blocking::Yes);
  ReplyReader reader;
  const auto buffer = std::make_unique<std::array<char, BufferBytes>>();
  // An early refusal may end the sending; the answer says why.
  send_all(fd, request);
  const auto first = read_reply(fd, reader, *buffer);
  if (!first) {
    return first.reason();
  }
  return reader.status();
}

}  // namespace bench
