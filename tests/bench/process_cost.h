#pragma once
// What running processes cost, read from the kernel. Free functions, any thread.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "outcome.h"

namespace bench {

// The process and those of its descendants that run the same program (nginx's workers, but not the
// model servers that a gateway has started).
std::vector<pid_t> with_workers(pid_t pid);

// Those that its threads have started, and that are still there.
std::vector<pid_t> children_of(pid_t pid);

// CPU time of all threads, ended ones included, of all these processes, in nanoseconds.
Outcome<std::int64_t> cpu_time_ns(const std::vector<pid_t>& pids);

// CPU time of those threads of a process that have this name, in nanoseconds.
Outcome<std::int64_t> cpu_time_of_threads_ns(pid_t pid, const std::string& name);

// Sum of VmRSS, in MB (10^6 bytes).
Outcome<double> resident_mb(const std::vector<pid_t>& pids);

}  // namespace bench
