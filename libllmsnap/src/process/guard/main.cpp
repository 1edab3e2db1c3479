// The helper program of GroupGuard: it holds one end of a socket pair as its standard input; when
// the other end is gone, it kills the process groups it was told to watch, and what left them but
// still carries its host's marker. Freestanding: a few KiB.
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>

#include "process/guard/marked.h"
#include "process/guard/system_call.h"
#include "process/guard_command.h"

namespace llmsnap::process::guard {
namespace {

constexpr int Commands = 0;
constexpr int MaxGroups = 4096;
constexpr int FirstUnneeded = 1;
constexpr int LastWithoutCloseRange = 4096;
constexpr long KernelSignalSetBytes = 8;
#if !defined(SYS_close_range)
constexpr long SYS_close_range = 436;
#endif

struct Groups {
  int number[MaxGroups];
  int count;
};

/// Whoever stops the host with a key or a signal to its session must not stop us before it.
void block_signals() {
  unsigned long long all = ~0ULL;
  system_call(SYS_rt_sigprocmask, SIG_SETMASK, system_call_word(&all), 0, KernelSignalSetBytes);
}

/// Sockets and files that the host let its children inherit would live as long as we do.
void close_the_rest() {
  if (system_call(SYS_close_range, FirstUnneeded, 0x7fffffffL, 0) < 0) {
    for (int fd = FirstUnneeded; fd < LastWithoutCloseRange; ++fd) {
      system_call(SYS_close, fd);
    }
  }
}

int find(const Groups& groups, int group) {
  int at = 0;
  while (at < groups.count && groups.number[at] != group) {
    ++at;
  }
  return at;
}

void obey(Groups& groups, const GuardCommand& command) {
  const int at = find(groups, command.group);
  const bool known = at < groups.count;
  if (command.what == GuardCommand::What::Forget) {
    if (known) {
      groups.number[at] = groups.number[--groups.count];
    }
  } else if (!known && groups.count < MaxGroups && command.group > 1) {
    groups.number[groups.count++] = command.group;
  }
}

void greet(GuardGreeting& greeting) {
  system_call(SYS_read, Commands, system_call_word(&greeting), sizeof(greeting));
}

/// Until the host has closed its end: by its will or by its death.
void watch(Groups& groups) {
  while (true) {
    GuardCommand command;
    const long size = system_call(SYS_read, Commands, system_call_word(&command), sizeof(command));
    if (size == sizeof(command)) {
      obey(groups, command);
    } else if (size != -EINTR) {
      return;
    }
  }
}

void kill_all(const Groups& groups) {
  for (int at = 0; at < groups.count; ++at) {
    system_call(SYS_kill, -static_cast<long>(groups.number[at]), SIGKILL);
  }
}

// Zero: no room in the program's file.
GuardGreeting host;
Groups watched;

[[noreturn]] void run() {
  static const char name[] = "llmsnap-guard";
  block_signals();
  system_call(SYS_setsid);
  system_call(SYS_prctl, PR_SET_NAME, system_call_word(name));
  system_call(SYS_chdir, system_call_word("/"));
  close_the_rest();
  greet(host);
  watch(watched);
  kill_all(watched);
  kill_all(watched);  // and what was just being started into a group
  kill_marked(host.marker);
  while (true) {
    system_call(SYS_exit_group, 0);
  }
}

}  // namespace
}  // namespace llmsnap::process::guard

#if defined(LLMSNAP_GUARD_HAS_LIBC)
int main() {
  llmsnap::process::guard::run();
}
#else
extern "C" [[noreturn, gnu::used]] void llmsnap_guard_start() {
  llmsnap::process::guard::run();
}
// The kernel's entry is no call: the stack is made what a called function expects.
#if defined(__x86_64__)
asm(".globl _start\n_start:\n  xor %ebp, %ebp\n  and $-16, %rsp\n  call llmsnap_guard_start\n");
#else
asm(".globl _start\n_start:\n  mov x29, xzr\n  mov x30, xzr\n  bl llmsnap_guard_start\n");
#endif
#endif
