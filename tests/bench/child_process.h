#pragma once
// A program started by the bench, and a temporary directory: both end with their owner.
// Main thread only (a child gets PR_SET_PDEATHSIG, which follows the thread that forked).

#include <sys/types.h>

#include <string>
#include <vector>

#include "outcome.h"

namespace bench {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const;

 private:
  std::string directory_;
};

class ChildProcess {
 public:
  // Starts a program found by path or through PATH; its output goes to the file `log`.
  static Outcome<ChildProcess> start(const std::vector<std::string>& command,
                                     const std::string& log);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  // TERM, five seconds of patience, KILL.
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  bool has_exited();
  // The last line that it wrote, for messages.
  std::string last_line() const;

 private:
  ChildProcess(pid_t pid, std::string log);

  pid_t pid_ = -1;
  std::string log_;
};

// Where a program is, by path or through PATH; empty if it is not there.
std::string find_program(const std::string& name);

// The first line that `command` prints (both streams), for the versions in the report.
std::string first_line_of(const std::vector<std::string>& command);

}  // namespace bench
