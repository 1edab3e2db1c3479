// Daemon: llmsnapd as a program, with a config file that a test may change.
// Thread rule: made and used by the test's thread.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "process/free_port.h"
#include "process/proc_files.h"
#include "support/process_config.h"
#include "support/temporary_folder.h"

namespace llmsnap::test {

/// All that a process has started, and what that has.
inline void add_descendants(pid_t pid, std::vector<pid_t>& found) {
  for (const pid_t child : process::children_of(pid)) {
    found.push_back(child);
    add_descendants(child, found);
  }
}

/// A member of `models`, with further keys, each on a line of its own.
inline std::string model_text(const std::string& id, const std::string& cmd,
                              const std::string& keys = {}) {
  return "  " + id + ":\n    cmd: >-\n      " + cmd + "\n" +
         (keys.empty() ? "" : "    " + keys + "\n");
}

struct DaemonOptions {
  std::vector<std::string> flags = {};
  std::vector<std::pair<std::string, std::string>> env = {};
  std::string shutdown_timeout = "5s";
};

class Daemon {
 public:
  /// With these members of `models`; returns when it listens.
  explicit Daemon(const std::string& models, const DaemonOptions& options = {})
      : top_("shutdownTimeout: " + options.shutdown_timeout +
             "\nstartPort: " + std::to_string(process::free_port()) + "\n") {
    std::ofstream(config_path()) << config_with(models);
    start(options);
    eventually([this] {
      const std::string text = log_text();
      const std::string mark = "127.0.0.1:";
      const std::size_t at = text.find(mark);
      if (at == std::string::npos || text.find('\n', at) == std::string::npos) {
        return false;
      }
      port_ = static_cast<std::uint16_t>(std::stoi(text.substr(at + mark.size())));
      return true;
    });
    INFO(log_text());
    REQUIRE(port_ != 0);
  }
  ~Daemon() {
    if (pid_ > 0) {
      end(SIGKILL);
    }
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  pid_t pid() const { return pid_; }
  std::uint16_t port() const { return port_; }
  std::string folder() const { return folder_.path(); }
  std::string config_path() const { return folder_.path("config.yaml"); }
  std::string config_with(const std::string& models) const { return top_ + "models:\n" + models; }

  std::string log_text() const {
    std::ifstream file(folder_.path("log"));
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  /// How many lines of the log have this in them.
  std::size_t count_logged(const std::string& part) const {
    const std::string text = log_text();
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos;
         at = text.find(part, text.find('\n', at))) {
      ++count;
    }
    return count;
  }
  bool logs(const std::string& part, std::size_t times = 1) const {
    return eventually([&] { return count_logged(part) >= times; });
  }

  std::vector<pid_t> descendants() const {
    std::vector<pid_t> found;
    add_descendants(pid_, found);
    return found;
  }
  void signal(int number) const { ::kill(pid_, number); }
  /// The exit status, as waitpid has it.
  int end(int number) {
    signal(number);
    return wait_for_end();
  }
  int wait_for_end() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }

 private:
  void start(const DaemonOptions& options) {
    const std::string log = folder_.path("log");
    const std::string config = config_path();
    std::vector<const char*> argv{LLMSNAPD, "--config", config.c_str(), "--listen", "127.0.0.1:0"};
    for (const std::string& flag : options.flags) {
      argv.push_back(flag.c_str());
    }
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      ::dup2(file, STDERR_FILENO);
      for (const auto& [name, value] : options.env) {
        ::setenv(name.c_str(), value.c_str(), 1);
      }
      ::execv(LLMSNAPD, const_cast<char* const*>(argv.data()));
      ::_exit(127);
    }
  }

  TemporaryFolder folder_;
  const std::string top_;
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace llmsnap::test
