#pragma once
// What the model is told to be, and how fast it is.
// Constant after main has read the command line.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace fake_model {

struct Model {
  std::string name = "fake-model";
  std::size_t tokens = 16;
  double tokens_per_second = 0;  // 0 = as fast as it goes
  std::chrono::steady_clock::time_point ready_at{};

  std::chrono::nanoseconds time_per_token() const {
    return tokens_per_second <= 0
               ? std::chrono::nanoseconds(0)
               : std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / tokens_per_second));
  }
};

}  // namespace fake_model
