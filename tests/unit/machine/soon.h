// soon: waits for what another process or thread does, up to a deadline.
// Thread rule: the test's thread.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace llmsnap::machine {

/// Polls until it holds; false after twenty seconds.
inline bool soon(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace llmsnap::machine
