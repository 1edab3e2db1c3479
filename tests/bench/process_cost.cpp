#include "process_cost.h"

#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace bench {
namespace {

// Of a process, /proc/<pid>, or a thread, /proc/<pid>/task/<id>.
std::string name_of(const std::string& folder) {
  std::ifstream in(folder + "/comm");
  std::string name;
  std::getline(in, name);
  return name;
}

std::string program_of(pid_t pid) {
  return name_of(fmt::format("/proc/{}", pid));
}

void add_workers(pid_t pid, const std::string& program, std::vector<pid_t>& found) {
  found.push_back(pid);
  for (const pid_t child : children_of(pid)) {
    if (program_of(child) == program) {
      add_workers(child, program, found);
    }
  }
}

}  // namespace

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  std::error_code error;
  for (const auto& task :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), error)) {
    std::ifstream in(task.path() / "children");
    children.insert(children.end(), std::istream_iterator<pid_t>(in), {});
  }
  return children;
}

std::vector<pid_t> with_workers(pid_t pid) {
  std::vector<pid_t> found;
  add_workers(pid, program_of(pid), found);
  return found;
}

Outcome<std::int64_t> cpu_time_ns(const std::vector<pid_t>& pids) {
  std::int64_t sum = 0;
  for (const pid_t pid : pids) {
    // Exact to the nanosecond and complete, unlike /proc/<pid>/stat (ticks) and the schedstat files
    // (running threads only).
    clockid_t clock{};
    timespec time{};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
      return Reason{fmt::format("process {} is gone", pid)};
    }
    sum += std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  }
  return sum;
}

Outcome<std::int64_t> cpu_time_of_threads_ns(pid_t pid, const std::string& name) {
  std::int64_t sum = 0;
  bool found = false;
  std::error_code error;
  for (const auto& task :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), error)) {
    if (name_of(task.path()) == name) {
      std::int64_t on_cpu = 0;
      found = static_cast<bool>(std::ifstream(task.path() / "schedstat") >> on_cpu) || found;
      sum += on_cpu;
    }
  }
  return found ? Outcome<std::int64_t>(sum)
               : Reason{fmt::format("process {} has no thread {}", pid, name)};
}

Outcome<double> resident_mb(const std::vector<pid_t>& pids) {
  double kilobytes = 0;
  for (const pid_t pid : pids) {
    std::ifstream in(fmt::format("/proc/{}/status", pid));
    double value = -1;
    for (std::string word; in >> word;) {
      if (word == "VmRSS:") {
        in >> value;
        break;
      }
    }
    if (value < 0) {
      return Reason{fmt::format("process {} is gone", pid)};
    }
    kilobytes += value;
  }
  return kilobytes * 1024 / 1e6;
}

}  // namespace bench
