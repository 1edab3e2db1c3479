// ZstdDecoder: zstd, with windows of up to 8 MiB, the most that RFC 9659 allows for this coding.
// Thread rule: used by one fiber at a time.
#pragma once

#include <memory>

#include "record/body_decoder.h"

namespace llmsnap::record {

class ZstdDecoder final : public BodyDecoder {
 public:
  ZstdDecoder();
  ~ZstdDecoder() override;

  std::size_t decode(std::string_view& coded, std::span<char> out) override;
  bool broken() const override { return broken_; }

 private:
  struct State;

  std::unique_ptr<State> state_;
  bool broken_ = false;
};

}  // namespace llmsnap::record
