// What /proc says about processes.
// Thread rule: any thread; what is read may be old news at once.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace llmsnap::process {

struct ProcessStat {
  std::string command;  ///< as the kernel knows it, 15 bytes at most
  char state = '?';
  pid_t parent = 0;
  pid_t group = 0;
  std::uint64_t start = 0;  ///< with the number, names the process: in clock ticks since the boot
  /// Changing: it has left one program and not begun the next; nothing can be read of either.
  enum class Program { None, Changing, Running };
  Program program = Program::None;  ///< none: a thread of the kernel's, or a zombie

  /// Not a zombie.
  bool alive() const { return state != 'Z' && state != 'X'; }
};

std::optional<ProcessStat> process_stat(pid_t pid);

/// Whether a member of that group lives, zombies not counted.
bool group_lives(pid_t group);

/// The numbers in a folder of /proc: processes, threads, descriptors.
std::vector<int> numbers_in(const std::string& folder);

/// Its children, whichever of its threads they belong to.
std::vector<pid_t> children_of(pid_t pid);

}  // namespace llmsnap::process
