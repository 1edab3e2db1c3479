// Breather: lets the other fibers of the loop run now and then while a long body is read or
// checked. Thread rule: used by one fiber; outside of a fiber it does nothing.
#pragma once

#include <cstdint>

#include "io/fiber.h"

namespace llmsnap::api {

class Breather {
 public:
  /// Yields when `total` bytes are a whole step more than at the last time.
  void worked(std::uint64_t total) {
    if (total - last_ >= Step) {
      last_ = total;
      breathe();
    }
  }

  static void breathe() {
    if (io::Fiber::current() != nullptr) {
      io::Fiber::yield();
    }
  }

 private:
  static constexpr std::uint64_t Step = 256 * 1024;
  std::uint64_t last_ = 0;
};

}  // namespace llmsnap::api
