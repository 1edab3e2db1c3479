#pragma once
// A fake-model process of a test: started with flags, read, asked, ended.
// One thread. Whatever is waited for comes within Patience, or the test fails.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fake_model {

inline constexpr auto Patience = std::chrono::seconds(10);

// A connection to the process; closes in its destructor.
class Client {
 public:
  // Not connected where nobody listens.
  explicit Client(std::uint16_t port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return fd_ >= 0; }
  void send(std::string_view bytes) const;
  // What comes until the end of the connection, or until `mark` has come.
  std::string receive_until(std::string_view mark);
  std::string receive_all() { return receive_until({}); }
  // True if nothing comes for that long.
  bool silent_for(std::chrono::milliseconds time) const;

 private:
  int fd_ = -1;
};

class RunningModel {
 public:
  // `flags` without a port: it gets one of the kernel's choice.
  explicit RunningModel(std::vector<std::string> flags);
  // Kills what still runs.
  ~RunningModel();
  RunningModel(const RunningModel&) = delete;
  RunningModel& operator=(const RunningModel&) = delete;

  pid_t pid() const { return pid_; }
  // Its next line of standard output and error, without the line end; empty at their end.
  std::string next_line();
  // All that is still to come; returns at the end of both outputs.
  std::string rest_of_output();
  // Reads the first line; 0 if it says something else.
  std::uint16_t port();

  // "code 0", "signal 11".
  std::string wait_exit();

  // One request on a connection of its own: the answer, head and all.
  std::string ask(std::string_view method, std::string_view target, std::string_view body = {});

 private:
  bool fill();

  pid_t pid_ = -1;
  int output_ = -1;
  std::string unread_;
  std::uint16_t port_ = 0;
};

// A request that asks for the end of its connection.
std::string request_text(std::string_view method, std::string_view target,
                         std::string_view body = {});

}  // namespace fake_model
