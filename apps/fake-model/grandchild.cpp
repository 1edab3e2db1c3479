#include "grandchild.h"

#include <unistd.h>

#include <csignal>

#include "output.h"

namespace fake_model {
namespace {

constexpr unsigned int SecondsToLive = 60;

void close_all_but(int kept) {
  // The standard descriptors are no concern of this; `kept` may be none.
  if (kept < 0) {
    close_range(3, ~0U, 0);
    return;
  }
  const auto fd = static_cast<unsigned int>(kept);
  if (fd > 3) {
    close_range(3, fd - 1, 0);
  }
  close_range(fd + 1, ~0U, 0);
}

[[noreturn]] void live_on(const Grandchild& keeps, int listener) {
  std::signal(SIGALRM, SIG_DFL);
  alarm(SecondsToLive);
  if (keeps.own_session) {
    setsid();
  }
  if (!keeps.pipe) {
    close_output();
  }
  close_all_but(keeps.port ? listener : -1);
  for (;;) {
    pause();
  }
}

}  // namespace

pid_t fork_grandchild(const Grandchild& keeps, int listener) {
  const pid_t child = fork();
  if (child == 0) {
    live_on(keeps, listener);
  }
  return child;
}

}  // namespace fake_model
