#include "process/exit_status.h"

#include <fmt/format.h>

#include <array>
#include <csignal>
#include <string_view>

namespace llmsnap::process {
namespace {

struct Name {
  int signal;
  std::string_view name;
};

constexpr std::array Names{
    Name{SIGABRT, "SIGABRT"}, Name{SIGALRM, "SIGALRM"}, Name{SIGBUS, "SIGBUS"},
    Name{SIGFPE, "SIGFPE"},   Name{SIGHUP, "SIGHUP"},   Name{SIGILL, "SIGILL"},
    Name{SIGINT, "SIGINT"},   Name{SIGPIPE, "SIGPIPE"}, Name{SIGQUIT, "SIGQUIT"},
    Name{SIGSEGV, "SIGSEGV"}, Name{SIGSYS, "SIGSYS"},   Name{SIGTERM, "SIGTERM"},
    Name{SIGTRAP, "SIGTRAP"}, Name{SIGUSR1, "SIGUSR1"}, Name{SIGUSR2, "SIGUSR2"},
    Name{SIGXCPU, "SIGXCPU"}, Name{SIGXFSZ, "SIGXFSZ"}, Name{SIGKILL, "SIGKILL"},
};

}  // namespace

std::string describe(const ExitStatus& status) {
  if (status.how == ExitStatus::How::Exited) {
    return status.number < 0 ? "ended in an unknown way"
                             : fmt::format("exited with code {}", status.number);
  }
  for (const Name& known : Names) {
    if (known.signal == status.number) {
      const std::string_view hint =
          status.number == SIGKILL ? std::string_view(", possibly out of memory") : "";
      return fmt::format("was killed by signal {} ({}{})", status.number, known.name, hint);
    }
  }
  return fmt::format("was killed by signal {}", status.number);
}

}  // namespace llmsnap::process
