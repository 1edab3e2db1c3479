#pragma once
// Many connections opened together: event streams that go on, or one request each and then idle.
// One thread calls everything; dropping a crowd closes all of its connections.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loopback.h"
#include "reply_reader.h"

namespace bench {

struct StreamCount {
  std::uint64_t events = 0;
  double seconds = 0;
  double longest_delay_ms = 0;  // between the upstream's sending of an event and its arrival here
};

class Crowd {
 public:
  enum class Kind { Streams, Idle };

  // Opens all, a bounded number at a time, and waits until each has its first event (Streams) or
  // its whole answer (Idle). The reason names what went wrong.
  static Outcome<Crowd> open(const Endpoint& endpoint, const std::string& request,
                             std::size_t connections, Kind kind);
  Crowd(Crowd&&) = default;
  Crowd& operator=(Crowd&&) = delete;
  ~Crowd();

  // Reads for that long.
  StreamCount run(std::chrono::nanoseconds time);

  // Connections that are still open; all of them, unless the other side closed some.
  std::size_t alive() const;

  // Closes them all now with a FIN, as a client does that leaves. (The destructor resets, so that
  // thousands of connections leave no TIME_WAIT behind.)
  void leave() { clients_.clear(); }

 private:
  struct Client {
    Fd fd;
    ReplyReader reader;
    bool connected = false;
    bool settled = false;
    // Of the stamp that is being read.
    std::size_t digits = StampIdle;
    std::uint64_t stamp = 0;
  };
  static constexpr std::size_t StampIdle = ~std::size_t{0};

  Crowd(const Endpoint& endpoint, const std::string& request, Kind kind);

  bool begin(std::size_t index);
  void handle(std::size_t index, std::uint32_t events);
  void receive(Client& client);
  void count_events(Client& client, std::string_view bytes);
  // Handles what is ready within that time.
  void poll(int milliseconds);
  void fail(Client& client, std::string why);

  const Endpoint endpoint_;
  const std::string request_;
  const Kind kind_;
  Fd epoll_;
  std::vector<Client> clients_;
  std::unique_ptr<char[]> buffer_;
  std::size_t settled_ = 0;
  std::optional<std::string> failure_;
  StreamCount count_;
};

}  // namespace bench
