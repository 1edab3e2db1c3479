#include "process/guard/marked.h"

#include <fcntl.h>
#include <signal.h>

#include "process/guard/system_call.h"

namespace llmsnap::process::guard {
namespace {

#if !defined(SYS_pidfd_send_signal)
constexpr long SYS_pidfd_send_signal = 424;
#endif
#if !defined(SYS_pidfd_open)
constexpr long SYS_pidfd_open = 434;
#endif

/// They may start more while they are looked for.
constexpr int LeastRounds = 2;
constexpr int MostRounds = 4;
/// How long processes within an exec are waited for in all: on a busy machine one may stand there.
constexpr int MostPauses = 1000;
constexpr long PauseNanoseconds = 1'000'000;
/// Fields of /proc/PID/stat, as proc(5) counts them.
constexpr int FirstFieldBehindName = 3;
constexpr int MemoryField = 23;
constexpr int EnvironmentEndField = 51;
constexpr int LastPathByte = 47;

/// What getdents64 writes, before the name.
struct FolderEntry {
  unsigned long long inode;
  long long next;
  unsigned short size;
  unsigned char type;
  char name[1];
};

alignas(FolderEntry) char entries[16 * 1024];
char piece[4096];
int pauses = 0;

/// Reads an environment byte by byte: whether its last marker begins as ours do.
class Search {
 public:
  explicit Search(const char* marker) : marker_(marker) {}

  void take(char c) {
    if (c == '\0') {
      at_ = 0;
      differs_ = false;
    } else if (!differs_ && marker_[at_] != '\0') {
      differs_ = marker_[at_] != c;
      step(c);
    }
  }
  bool found() const { return found_; }

 private:
  void step(char c) {
    if (differs_) {
      return;
    }
    ++at_;
    if (c == '=') {
      found_ = false;  // a marker, of whomever
    }
    if (marker_[at_] == '\0') {
      found_ = true;
    }
  }

  const char* marker_;
  int at_ = 0;
  bool differs_ = false;
  bool found_ = false;
};

/// 0: it is no process.
int number_of(const char* name) {
  int number = 0;
  for (; *name != '\0'; ++name) {
    if (*name < '0' || *name > '9') {
      return 0;
    }
    number = number * 10 + (*name - '0');
  }
  return number;
}

void append(char* path, int& at, const char* text) {
  while (*text != '\0' && at < LastPathByte) {
    path[at++] = *text++;
  }
  path[at] = '\0';
}

/// Minus an error number on failure.
long open_file_of(const char* pid, const char* file) {
  char path[LastPathByte + 1];
  int at = 0;
  append(path, at, "/proc/");
  append(path, at, pid);
  append(path, at, file);
  return system_call(SYS_openat, AT_FDCWD, system_call_word(path), O_RDONLY);
}

/// Changing: it has left one program and not begun the next, and has no environment meanwhile.
/// None: a thread of the kernel's, a zombie, or gone.
enum class Program { None, Changing, Running };

Program program_of(const char* pid) {
  const long file = open_file_of(pid, "/stat");
  if (file < 0) {
    return Program::None;
  }
  const long size = system_call(SYS_read, file, system_call_word(piece), sizeof(piece));
  system_call(SYS_close, file);
  long at = size;
  while (at > 0 && piece[at - 1] != ')') {  // the name in parentheses may hold anything
    --at;
  }
  bool has_memory = false;
  bool has_environment = false;
  for (int field = FirstFieldBehindName - 1; at < size; ++at) {
    if (piece[at] == ' ') {
      ++field;
    } else if (piece[at] != '0' && piece[at] != '\n') {
      has_memory = has_memory || field == MemoryField;
      has_environment = has_environment || field == EnvironmentEndField;
    }
  }
  if (!has_memory) {
    return Program::None;
  }
  return has_environment ? Program::Running : Program::Changing;
}

enum class Mark { Other, Ours, NoEnvironment };

Mark mark_of(const char* pid, const char* marker) {
  const long file = open_file_of(pid, "/environ");
  if (file < 0) {
    return Mark::Other;
  }
  Search search(marker);
  long size = 0;
  long all = 0;
  while ((size = system_call(SYS_read, file, system_call_word(piece), sizeof(piece))) > 0) {
    for (long i = 0; i < size; ++i) {
      search.take(piece[i]);
    }
    all += size;
  }
  system_call(SYS_close, file);
  if (all == 0) {
    return Mark::NoEnvironment;
  }
  return search.found() ? Mark::Ours : Mark::Other;
}

void pause() {
  long time[] = {0, PauseNanoseconds};
  system_call(SYS_ppoll, 0, 0, system_call_word(time));
  ++pauses;
}

bool is_marked(const char* pid, const char* marker) {
  Mark mark = mark_of(pid, marker);
  // Running, and still without one: it really has none, unless the file was opened before the exec.
  for (bool sure = false; mark == Mark::NoEnvironment && !sure && pauses < MostPauses;) {
    const Program program = program_of(pid);
    sure = program != Program::Changing;
    if (!sure) {
      pause();
    }
    mark = mark_of(pid, marker);
  }
  return mark == Mark::Ours;
}

/// The descriptor comes first: whoever has the number by then, no other can be hit.
bool kill_if_marked(const FolderEntry& entry, const char* marker) {
  const int pid = number_of(entry.name);
  const long pidfd = pid > 1 ? system_call(SYS_pidfd_open, pid) : -1;
  if (pidfd < 0) {
    return false;
  }
  const bool marked = is_marked(entry.name, marker);
  if (marked) {
    system_call(SYS_pidfd_send_signal, pidfd, SIGKILL);
  }
  system_call(SYS_close, pidfd);
  return marked;
}

/// False: there was none.
bool kill_all_marked(long processes, const char* marker) {
  bool any = false;
  long size = 0;
  while ((size = system_call(SYS_getdents64, processes, system_call_word(entries),
                             sizeof(entries))) > 0) {
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const FolderEntry*>(entries + at);
      any = kill_if_marked(*entry, marker) || any;
      at += entry->size;
    }
  }
  return any;
}

}  // namespace

void kill_marked(const char* marker) {
  bool more = *marker != '\0';
  for (int round = 0; more && round < MostRounds; ++round) {
    const long processes =
        system_call(SYS_openat, AT_FDCWD, system_call_word("/proc"), O_RDONLY | O_DIRECTORY);
    const bool any = processes >= 0 && kill_all_marked(processes, marker);
    more = any || round + 1 < LeastRounds;
    system_call(SYS_close, processes);
  }
}

}  // namespace llmsnap::process::guard
