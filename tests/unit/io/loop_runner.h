// run_on_fiber: runs a test's body on a fiber of a loop of its own, until every fiber has ended;
// start_fiber starts one more. Thread rule: the test's thread is the loop's thread.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "base/task.h"
#include "catch.h"
#include "io/fiber_pool.h"
#include "io/loop.h"

namespace llmsnap::io {

/// Throws where no fiber can be had: what waits for one that never ran would hang the test.
inline void start_fiber(Loop& loop, Task main) {
  if (!loop.spawn(std::move(main))) {
    throw std::runtime_error("no memory for a fiber's stack");
  }
}

/// On the loop's thread.
inline void start_fiber(Task main) {
  start_fiber(*Loop::current(), std::move(main));
}

inline void run_on_fiber(Loop& loop, std::function<void()> body) {
  loop.fibers().on_escaped_exception(
      [](std::string_view what) { FAIL("a fiber threw: " << std::string(what)); });
  start_fiber(loop, std::move(body));
  loop.stop();
  loop.run();
}

inline void run_on_fiber(std::function<void()> body) {
  Loop loop;
  run_on_fiber(loop, std::move(body));
}

}  // namespace llmsnap::io
