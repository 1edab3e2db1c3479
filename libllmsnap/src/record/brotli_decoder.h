// BrotliDecoder: br, by Google's library: up to the 16 MiB of the largest window that the coding
// has, where that much is sent. Thread rule: used by one fiber at a time.
#pragma once

#include <memory>

#include "record/body_decoder.h"

namespace llmsnap::record {

class BrotliDecoder final : public BodyDecoder {
 public:
  BrotliDecoder();
  ~BrotliDecoder() override;

  std::size_t decode(std::string_view& coded, std::span<char> out) override;
  bool broken() const override { return broken_; }

 private:
  struct State;

  std::unique_ptr<State> state_;
  bool broken_ = false;
};

}  // namespace llmsnap::record
