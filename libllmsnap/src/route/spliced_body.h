// SplicedBody: a body in memory, sent as it is or with one range of its bytes replaced, without a
// copy. Thread rule: used by one fiber at a time; the bytes it was made from must outlive it.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/body_source.h"

namespace llmsnap::route {

class SplicedBody final : public BodySource {
 public:
  /// All of `bytes`.
  explicit SplicedBody(std::string_view bytes);

  /// `bytes` with [begin, end) replaced.
  SplicedBody(std::string_view bytes, std::size_t begin, std::size_t end, std::string replacement);

  SplicedBody(const SplicedBody&) = delete;
  SplicedBody& operator=(const SplicedBody&) = delete;

  Result<std::string_view> pull() override;
  bool ready() const override { return true; }
  std::optional<std::uint64_t> length() const override;
  bool rewind() override;

 private:
  std::string replacement_;
  std::array<std::string_view, 3> pieces_;
  std::size_t next_ = 0;
};

}  // namespace llmsnap::route
