// eventually: waits for what another process or thread does, where nothing tells of it.
// Thread rule: the test's thread.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "support/test_socket.h"

namespace llmsnap::test {

/// Polls until it holds; false after Patience.
inline bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + Patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace llmsnap::test
