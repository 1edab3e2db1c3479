// EventCounter: how many events of a stream bring something, counted as its pieces pass.
// Thread rule: one request's fiber.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace llmsnap::record {

class EventCounter {
 public:
  /// `field`: what a line that counts begins with; empty: every line does.
  explicit EventCounter(std::string_view field) : field_(field) {}

  /// Those whose value begins in this piece. A value in square brackets (`[DONE]`) does not count.
  std::size_t count(std::string_view piece);

 private:
  enum class Place : std::uint8_t { Field, Value, Rest };

  const std::string_view field_;
  Place place_ = Place::Field;
  std::size_t matched_ = 0;  // of the field
};

}  // namespace llmsnap::record
