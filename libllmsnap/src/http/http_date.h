// HttpDate: the value of the Date field, formatted once a second.
// Thread rule: one per loop.
#pragma once

#include <array>
#include <ctime>
#include <string_view>

namespace llmsnap::http {

class HttpDate {
 public:
  /// The present time; valid until the next call.
  std::string_view now() { return at(std::time(nullptr)); }
  std::string_view at(std::time_t time);

 private:
  std::time_t formatted_ = -1;
  std::array<char, 40> text_{};
  std::size_t size_ = 0;
};

}  // namespace llmsnap::http
