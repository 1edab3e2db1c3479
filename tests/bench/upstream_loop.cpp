// The epoll loop of the fake upstream, made to cost much less than any gateway in front of it.
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <ctime>
#include <functional>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "fake_upstream.h"

namespace bench {
namespace {

// The keys that ask for a stream stand at the front of the body.
constexpr std::size_t KeptBodyBytes = 512;
constexpr std::int64_t NoStream = 0;

std::string small_reply() {
  const std::string body =
      R"({"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"m",)"
      R"("choices":[{"index":0,"message":{"role":"assistant","content":"Yes."},)"
      R"("finish_reason":"stop"}],"usage":{"prompt_tokens":57,"completion_tokens":16,)"
      R"("total_tokens":73},"timings":{"prompt_n":57,"prompt_ms":12.5,)"
      R"("prompt_per_second":4560.0,"predicted_n":16,"predicted_ms":200.0,)"
      R"("predicted_per_second":80.0}})";
  return fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
      body.size(), body);
}

// A chunk with one event, 200 bytes of it payload, whose stamp is overwritten before each sending.
std::string event_chunk() {
  std::string event = fmt::format(
      R"(data: {{"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,)"
      R"("model":"m","choices":[{{"index":0,"delta":{{"content":"{}{:0>16}"}},)"
      R"("finish_reason":null}}]}})",
      EventMarker, 0);
  event += "\n\n";
  return fmt::format("{:x}\r\n{}\r\n", event.size(), event);
}

struct Connection {
  Fd fd;
  std::string head;  // only while a head came in pieces
  bool in_body = false;
  bool chunked = false;
  std::size_t remaining = 0;  // of a body with a length
  std::string kept;           // the front of the body
  std::string tail;           // the end of a chunked body
  std::int64_t interval_ns = NoStream;
  std::string unsent;        // of an event that the socket took in part
  std::uint64_t serial = 0;  // tells a timer that its connection is gone

  bool streaming() const { return interval_ns != NoStream; }
};

struct Timer {
  std::int64_t at;
  int fd;
  std::uint64_t serial;
  bool operator>(const Timer& other) const { return at > other.at; }
};

class Loop {
 public:
  Loop(const Fd& listener, UpstreamCounters& counters, const Fd& stream_ended)
      : listener_(listener), counters_(counters), stream_ended_(stream_ended) {
    stamp_at_ = event_.find(EventMarker) + 1;
    watch(listener_.get());
  }

  [[noreturn]] void run();

 private:
  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
  void accept_all();
  void receive(Connection& connection);
  // False: the connection has to be closed.
  bool consume(Connection& connection, std::string_view bytes);
  bool begin_body(Connection& connection, std::string_view head);
  bool answer(Connection& connection);
  void begin_stream(Connection& connection, std::int64_t interval_us);
  void send_event(Connection& connection);
  void stamp();
  void run_timers();
  // Waits for sockets or the next timer; the result is that of epoll_wait.
  int wait(std::array<epoll_event, 256>& events);
  void close(Connection& connection);

  const Fd& listener_;
  UpstreamCounters& counters_;
  const Fd& stream_ended_;
  Fd epoll_{epoll_create1(EPOLL_CLOEXEC)};
  std::vector<std::unique_ptr<Connection>> connections_;  // by descriptor
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  const std::string reply_ = small_reply();
  std::string event_ = event_chunk();
  std::size_t stamp_at_ = 0;
  std::uint64_t serials_ = 0;
  std::array<char, 256 * 1024> buffer_;
};

void Loop::run() {
  std::array<epoll_event, 256> events{};
  for (;;) {
    const int count = wait(events);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener_.get()) {
        accept_all();
      } else if (connections_[static_cast<std::size_t>(fd)]) {
        receive(*connections_[static_cast<std::size_t>(fd)]);
      }
    }
    run_timers();
  }
}

int Loop::wait(std::array<epoll_event, 256>& events) {
  const auto size = static_cast<int>(events.size());
  if (timers_.empty()) {
    return epoll_wait(epoll_.get(), events.data(), size, -1);
  }
  const std::int64_t left = std::max<std::int64_t>(0, timers_.top().at - now_ns());
  timespec limit{};
  limit.tv_sec = left / 1'000'000'000;
  limit.tv_nsec = left % 1'000'000'000;
  const int count = epoll_pwait2(epoll_.get(), events.data(), size, &limit, nullptr);
  if (count < 0 && errno == ENOSYS) {
    // Old kernels and some sandboxes: whole milliseconds, rounded up.
    return epoll_wait(epoll_.get(), events.data(), size, static_cast<int>(left / 1'000'000 + 1));
  }
  return count;
}

void Loop::accept_all() {
  for (;;) {
    const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      return;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>();
    connection->fd = Fd(fd);
    connection->serial = ++serials_;
    const auto index = static_cast<std::size_t>(fd);
    connections_.resize(std::max(connections_.size(), index + 1));
    connections_[index] = std::move(connection);
    counters_.connections.fetch_add(1);
    watch(fd);
  }
}

void Loop::receive(Connection& connection) {
  const auto got = recv(connection.fd.get(), buffer_.data(), buffer_.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (got <= 0 || !consume(connection, {buffer_.data(), static_cast<std::size_t>(got)})) {
    close(connection);
  }
}

bool Loop::consume(Connection& connection, std::string_view bytes) {
  if (connection.in_body) {
    // Falls through to the body below.
  } else if (connection.head.empty()) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      connection.head = bytes;
      return bytes.size() < 64 * 1024;
    }
    if (!begin_body(connection, bytes.substr(0, end + 2))) {
      return false;
    }
    bytes = bytes.substr(end + 4);
  } else {
    const std::string whole = std::exchange(connection.head, {}) + std::string(bytes);
    return consume(connection, whole);
  }
  if (connection.kept.size() < KeptBodyBytes) {
    connection.kept.append(bytes.substr(0, KeptBodyBytes - connection.kept.size()));
  }
  if (connection.chunked) {
    connection.tail.append(bytes.substr(bytes.size() - std::min<std::size_t>(bytes.size(), 5)));
    connection.tail.erase(
        0, connection.tail.size() - std::min<std::size_t>(5, connection.tail.size()));
    connection.in_body = connection.tail != "0\r\n\r\n";
  } else {
    if (bytes.size() > connection.remaining) {
      return false;
    }
    connection.remaining -= bytes.size();
    connection.in_body = connection.remaining != 0;
  }
  return connection.in_body || answer(connection);
}

bool Loop::begin_body(Connection& connection, std::string_view head) {
  connection.chunked = false;
  connection.remaining = 0;
  connection.kept.clear();
  connection.tail.clear();
  connection.in_body = true;
  const std::string_view length = "content-length:";
  const std::string_view coding = "transfer-encoding:";
  for (auto at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2);
    if (strncasecmp(line.data(), length.data(), length.size()) == 0) {
      const auto first = line.find_first_not_of(' ', length.size());
      std::from_chars(line.data() + first, line.data() + line.size(), connection.remaining);
    } else if (strncasecmp(line.data(), coding.data(), coding.size()) == 0) {
      connection.chunked = true;
    }
  }
  return !connection.streaming();
}

bool Loop::answer(Connection& connection) {
  const std::string_view key = "\"bench_interval_us\":";
  if (const auto at = connection.kept.find(key); at != std::string::npos) {
    std::int64_t interval = 0;
    const auto first = connection.kept.find_first_not_of(' ', at + key.size());
    const char* const end = connection.kept.data() + connection.kept.size();
    if (first != std::string::npos) {
      std::from_chars(connection.kept.data() + first, end, interval);
    }
    begin_stream(connection, std::max<std::int64_t>(interval, 100));
    return true;
  }
  const auto sent = send(connection.fd.get(), reply_.data(), reply_.size(), MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(reply_.size());
}

void Loop::begin_stream(Connection& connection, std::int64_t interval_us) {
  connection.interval_ns = interval_us * 1000;
  counters_.open_streams.fetch_add(1);
  const std::string_view head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  stamp();
  connection.unsent = std::string(head) + event_;
  send_event(connection);
  // Multiples of the golden ratio spread the streams evenly over the interval, however many.
  const double phase = std::fmod(static_cast<double>(connection.serial) * 0.6180339887, 1.0);
  const auto first =
      now_ns() + static_cast<std::int64_t>(phase * static_cast<double>(connection.interval_ns));
  timers_.push({first, connection.fd.get(), connection.serial});
}

// Sends what was left over, or else one event. An event that finds the socket full is dropped.
void Loop::send_event(Connection& connection) {
  std::string_view bytes = connection.unsent;
  if (bytes.empty()) {
    stamp();
    bytes = event_;
  }
  const auto sent = send(connection.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent > 0) {
    connection.unsent = std::string(bytes.substr(static_cast<std::size_t>(sent)));
  }
}

void Loop::stamp() {
  auto time = static_cast<std::uint64_t>(now_ns());
  for (std::size_t digit = StampDigits; digit-- > 0; time >>= 4) {
    event_[stamp_at_ + digit] = "0123456789abcdef"[time & 15];
  }
}

void Loop::run_timers() {
  if (timers_.empty()) {
    return;
  }
  const std::int64_t now = now_ns();
  while (!timers_.empty() && timers_.top().at <= now) {
    Timer timer = timers_.top();
    timers_.pop();
    const auto& connection = connections_[static_cast<std::size_t>(timer.fd)];
    if (connection && connection->serial == timer.serial) {
      send_event(*connection);
      timer.at += connection->interval_ns;
      timers_.push(timer);
    }
  }
}

void Loop::close(Connection& connection) {
  const bool streaming = connection.streaming();
  connections_[static_cast<std::size_t>(connection.fd.get())].reset();
  if (streaming) {
    counters_.last_stream_end_ns.store(now_ns());
    counters_.open_streams.fetch_sub(1);
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(stream_ended_.get(), &one, sizeof one);
  }
}

}  // namespace

void run_upstream_loop(const Fd& listener, UpstreamCounters& counters, const Fd& stream_ended) {
  // On the heap: its buffer is larger than a stack frame should be.
  std::make_unique<Loop>(listener, counters, stream_ended)->run();
}

}  // namespace bench
