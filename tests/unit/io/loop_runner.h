// run_on_fiber: runs a test's body on a fiber of a loop of its own, until every fiber has ended.
// Thread rule: the test's thread is the loop's thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "catch.h"
#include "io/fiber_pool.h"
#include "io/loop.h"

namespace llmsnap::io {

inline void run_on_fiber(Loop& loop, std::function<void()> body) {
  loop.fibers().on_escaped_exception(
      [](std::string_view what) { FAIL("a fiber threw: " << std::string(what)); });
  loop.spawn(std::move(body));
  loop.stop();
  loop.run();
}

inline void run_on_fiber(std::function<void()> body) {
  Loop loop;
  run_on_fiber(loop, std::move(body));
}

}  // namespace llmsnap::io
