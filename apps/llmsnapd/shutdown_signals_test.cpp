#include "shutdown_signals.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <future>

#include "catch.h"

namespace llmsnapd {
namespace {

constexpr int EndedByItself = 7;

// Runs `main` in a process of its own, which takes signals as llmsnapd does.
int exit_code_of(void (*main)()) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    block_signals();
    main();
    ::_exit(EndedByItself);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void hang() {
  std::promise<void>().get_future().wait_for(std::chrono::hours(1));
}

TEST_CASE("a shutdown whose cut hangs ends at the next signal", "[llmsnapd]") {
  CHECK(exit_code_of([] {
          std::promise<void> cutting;
          const ForcedExit forced(std::chrono::hours(1), [&cutting] {
            cutting.set_value();
            hang();
          });
          ::kill(::getpid(), SIGTERM);
          cutting.get_future().wait();
          ::kill(::getpid(), SIGTERM);
          hang();
        }) == 1);
}

TEST_CASE("a shutdown whose cut hangs ends by itself in the end", "[llmsnapd]") {
  CHECK(exit_code_of([] {
          const ForcedExit forced(std::chrono::milliseconds(0), [] { hang(); });
          hang();
        }) == 1);
}

TEST_CASE("a shutdown that the cut helps along ends in order", "[llmsnapd]") {
  CHECK(exit_code_of([] {
          std::promise<void> was_cut;
          const ForcedExit forced(std::chrono::hours(1), [&was_cut] { was_cut.set_value(); });
          ::kill(::getpid(), SIGINT);
          was_cut.get_future().wait();
          if (!forced.happened()) {
            ::_exit(2);
          }
        }) == EndedByItself);
}

TEST_CASE("a shutdown in time never hears of the cut", "[llmsnapd]") {
  CHECK(exit_code_of([] { const ForcedExit forced(std::chrono::hours(1), [] { ::_exit(2); }); }) ==
        EndedByItself);
}

}  // namespace
}  // namespace llmsnapd
