#include "io/engine.h"

#include <string>

#include "catch.h"
#include "io/sanitizer.h"
#include "loop_runner.h"

using namespace llmsnap::io;

namespace {

template <std::size_t Bytes>
void use_stack() {
  volatile char block[Bytes];
  block[0] = 1;
  block[Bytes - 1] = 1;
  CHECK(block[0] == 1);
}

/// What an engine complains of after a fiber with this main.
std::string complaint_about(void (*main)()) {
  std::string complaint;
  {
    Engine engine(
        {.threads = 1, .on_fault = [&complaint](std::string_view what) { complaint = what; }});
    engine.run_on(engine.loop(0), [&engine, main] { start_fiber(engine.loop(0), main); });
  }
  return complaint;
}

}  // namespace

TEST_CASE("an engine reports a fiber that used more stack than it may, in debug builds", "[io]") {
  CHECK(complaint_about(use_stack<32 * 1024>).empty());
#if !defined(NDEBUG)
  if (!SanitizersActive) {
    CHECK(complaint_about(use_stack<80 * 1024>).find("bytes of its stack") != std::string::npos);
  }
#endif
}
