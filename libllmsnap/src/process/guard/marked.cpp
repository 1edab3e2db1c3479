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

/// They may start more while they are looked for, and who is within an exec has no environment for
/// a moment.
constexpr int LeastRounds = 2;
constexpr int MostRounds = 4;
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

bool is_marked(const char* pid, const char* marker) {
  char path[LastPathByte + 1];
  int at = 0;
  append(path, at, "/proc/");
  append(path, at, pid);
  append(path, at, "/environ");
  const long file = system_call(SYS_openat, AT_FDCWD, system_call_word(path), O_RDONLY);
  if (file < 0) {
    return false;
  }
  Search search(marker);
  long size = 0;
  while ((size = system_call(SYS_read, file, system_call_word(piece), sizeof(piece))) > 0) {
    for (long i = 0; i < size; ++i) {
      search.take(piece[i]);
    }
  }
  system_call(SYS_close, file);
  return search.found();
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
