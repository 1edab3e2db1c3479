#pragma once
// A single-threaded HTTP/1.1 server on epoll: thousands of connections, keep-alive, paced streams.
// One thread calls everything; the handler is called on it too and must not block.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "request_reader.h"

namespace fake_model {

// What a handler gives back: a whole body, or pieces that leave one after another.
struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  // Set for a stream: appends the next piece to its argument; false means that it was the last.
  std::function<bool(std::string&)> next_piece;
  std::chrono::nanoseconds delay{0};     // until the head leaves (a model that thinks)
  std::chrono::nanoseconds interval{0};  // between two pieces; 0 = as fast as the client reads
  // Between the pieces one after another, instead of `interval`.
  std::vector<std::chrono::nanoseconds> intervals;
  std::optional<std::size_t> crashes_after;  // the process does, when so many pieces were sent
  bool breaks = false;            // the connection is closed in the place of the stream's end
  std::shared_ptr<void> in_work;  // held until the answer was sent or its client has left
};

class Server {
 public:
  using Handler = std::function<Answer(const Request&)>;

  explicit Server(Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens on "127.0.0.1:8090", port 0 = one of the kernel's choice. Gives the address in use;
  // on failure an empty text, with the reason in `why`.
  std::string listen(const std::string& address, std::string& why);

  // The listening socket, after `listen`.
  int listener() const { return listener_; }

  // Serves until the process is ended. Precondition: `listen` succeeded.
  [[noreturn]] void run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Connection;
  using Timers = std::multimap<Clock::time_point, Connection*>;

  void accept_all();
  void on_event(Connection& connection, std::uint32_t events);
  // False: the client has left or the connection is broken.
  bool receive(Connection& connection);
  bool flush(Connection& connection);
  // Starts answers until one has to wait for time, for the client, or for further bytes.
  void advance(Connection& connection);
  void begin_answer(Connection& connection, const Request& request);
  void refuse(Connection& connection, int status);
  // Appends what is due of the current answer; false: it is not finished yet.
  bool produce(Connection& connection);
  // Ends the process where the answer says so.
  void maybe_crash(Connection& connection);
  void arm(Connection& connection, Clock::time_point when);
  void disarm(Connection& connection);
  void watch(Connection& connection);
  void close(Connection& connection);
  void run_timers();
  int milliseconds_to_next_timer() const;

  const Handler handler_;
  int epoll_ = -1;
  int listener_ = -1;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
  Timers timers_;
};

}  // namespace fake_model
