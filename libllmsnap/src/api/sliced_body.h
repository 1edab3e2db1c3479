// SlicedBody: a body that is in memory, in pieces: who works on each of them can let others run in
// between. Thread rule: belongs to the request's fiber.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/body_source.h"

namespace llmsnap::api {

class SlicedBody final : public BodySource {
 public:
  static constexpr std::size_t LargestPiece = std::size_t{128} * 1024;

  /// The bytes must outlive it.
  explicit SlicedBody(std::string_view bytes) : bytes_(bytes) {}

  Result<std::string_view> pull() override {
    const std::string_view piece = bytes_.substr(at_, LargestPiece);
    at_ += piece.size();
    return piece;
  }
  bool ready() const override { return true; }
  std::optional<std::uint64_t> length() const override { return bytes_.size(); }
  bool rewind() override {
    at_ = 0;
    return true;
  }

 private:
  const std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace llmsnap::api
