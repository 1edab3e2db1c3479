#pragma once
// A closed loop: so many keep-alive connections, each sends its next request when the answer to the
// one before has ended. One thread calls everything.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "loopback.h"
#include "reply_reader.h"

namespace bench {

struct LoopCount {
  std::uint64_t replies = 0;
  std::uint64_t failures = 0;  // other statuses, broken answers, lost connections
  double seconds = 0;
};

class ClosedLoop {
 public:
  ClosedLoop(const Endpoint& endpoint, std::string request, std::size_t connections);

  // Runs for that long; may be called again, the connections stay.
  LoopCount run(std::chrono::nanoseconds time);

 private:
  struct Client {
    Fd fd;
    ReplyReader reader;
  };

  void open(std::size_t index);
  void send_request(Client& client) const;
  void receive(std::size_t index, LoopCount& count);

  const Endpoint endpoint_;
  const std::string request_;
  Fd epoll_;
  std::vector<Client> clients_;
  std::unique_ptr<char[]> buffer_;
};

// One request after another on one connection, for that long: the time from sending until the first
// byte of the answer, of each, in microseconds.
Outcome<std::vector<double>> first_byte_times(const Endpoint& endpoint, const std::string& request,
                                              std::chrono::nanoseconds time);

// Sends one request on a connection of its own and reads the answer; the value is the status.
Outcome<int> send_once(const Endpoint& endpoint, const std::string& request);

}  // namespace bench
