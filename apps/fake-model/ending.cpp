#include "ending.h"

#include <fmt/format.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace fake_model {
namespace {

// Handlers have no other way to know anything; written before they are installed.
struct Plan {
  bool ignore_term = false;
  itimerval term_delay{};
  std::array<char, 100> last_line{};
  std::size_t last_line_size = 0;
  int exit_code = 0;
};
Plan plan;
volatile std::sig_atomic_t told_to_end = 0;

void say(std::string_view text) {
  // Nobody may be there to read it, and a handler has nobody to tell.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

itimerval timer_of(std::chrono::milliseconds time) {
  itimerval timer{};
  timer.it_value.tv_sec = time.count() / 1000;
  timer.it_value.tv_usec = time.count() % 1000 * 1000;
  return timer;
}

bool is_zero(const itimerval& timer) {
  return timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0;
}

void on_time() {
  if (told_to_end != 0) {
    _exit(0);
  }
  say({plan.last_line.data(), plan.last_line_size});
  _exit(plan.exit_code);
}

void on_signal(int signal) {
  if (signal == SIGALRM) {
    on_time();
  } else if (plan.ignore_term) {
    say("fake-model: SIGTERM is ignored\n");
  } else if (is_zero(plan.term_delay)) {
    _exit(0);
  } else if (told_to_end == 0) {
    told_to_end = 1;
    setitimer(ITIMER_REAL, &plan.term_delay, nullptr);
  }
}

void handle(int signal) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

}  // namespace

void arrange_ending(const Behaviour& behaviour) {
  plan.ignore_term = behaviour.ignore_term;
  plan.term_delay = timer_of(behaviour.term_delay);
  plan.exit_code = behaviour.exit_code;
  const auto end = fmt::format_to_n(plan.last_line.data(), plan.last_line.size(),
                                    "fake-model: cannot go on, exit code {}\n", plan.exit_code);
  plan.last_line_size = static_cast<std::size_t>(end.out - plan.last_line.data());
  handle(SIGTERM);
  handle(SIGALRM);
  if (behaviour.exit_after) {
    const itimerval timer = timer_of(*behaviour.exit_after);
    if (is_zero(timer)) {
      on_time();
    }
    setitimer(ITIMER_REAL, &timer, nullptr);
  }
}

void crash() {
  // The sanitizers turn the signal into an exit code of theirs.
  std::signal(SIGSEGV, SIG_DFL);
  std::raise(SIGSEGV);
  std::abort();
}

}  // namespace fake_model
