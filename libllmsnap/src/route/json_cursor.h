// JsonCursor: moves over a JSON text that was checked before, value by value.
// Thread rule: used by one fiber, which the yield function may suspend; the text must stay as it is
// meanwhile.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "route/json_scan.h"

namespace llmsnap::route {

/// Yields between slices of ScanSliceBytes. On a text that is not valid JSON it stays within the
/// text and comes to an end, no more.
class JsonCursor {
 public:
  /// `text` has PaddedBytes::Padding readable bytes behind it.
  JsonCursor(std::string_view text, std::size_t begin, const YieldFunction& yield)
      : yield_(yield),
        first_(text.data()),
        end_(text.data() + text.size()),
        position_(first_ + begin),
        limit_(position_ + std::min(ScanSliceBytes, text.size() - begin)) {}

  std::size_t position() const { return static_cast<std::size_t>(position_ - first_); }
  bool at_end() const { return position_ == end_; }

  /// The byte here; NUL at the end.
  char peek() const { return at_end() ? '\0' : *position_; }

  /// Moves behind one byte.
  void skip_byte() {
    if (more()) {
      ++position_;
    }
  }

  void skip_space();

  /// From the opening quote to behind the closing one; gives what is between, as it is spelled.
  std::string_view skip_string();

  void skip_value();

 private:
  bool more() { return position_ < limit_ || next_slice(); }
  bool next_slice();
  void skip_container();

  const YieldFunction& yield_;
  const char* const first_;
  const char* const end_;
  const char* position_;
  const char* limit_;  // of the slice at work
};

}  // namespace llmsnap::route
