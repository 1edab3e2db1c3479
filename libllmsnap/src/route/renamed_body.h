// RenamedBody: a body of known length that is sent with one range of its bytes replaced, without a
// copy. Thread rule: used by one fiber at a time; the body and the text must outlive it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/body_source.h"

namespace llmsnap::route {

class RenamedBody final : public BodySource {
 public:
  /// `inner`, at its start, has at least `end` bytes; those from `begin` on become `text`.
  RenamedBody(BodySource& inner, std::uint64_t begin, std::uint64_t end, std::string_view text)
      : inner_(inner), begin_(begin), end_(end), text_(text) {}

  Result<std::string_view> pull() override;
  bool ready() const override { return !rest_.empty() || inner_.ready(); }
  std::optional<std::uint64_t> length() const override;
  bool rewind() override;

 private:
  BodySource& inner_;
  const std::uint64_t begin_;
  const std::uint64_t end_;
  const std::string_view text_;
  std::uint64_t position_ = 0;  // in the inner body, of the start of rest_
  std::string_view rest_;       // of the piece that was pulled last
  bool text_sent_ = false;
};

}  // namespace llmsnap::route
