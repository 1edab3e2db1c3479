// DecodedPieces: what the coded pieces of a body stand for, in small pieces that are thrown away.
// Thread rule: one request's fiber.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "record/body_decoder.h"

namespace llmsnap::record {

class DecodedPieces {
 public:
  /// Called now and then within a piece that comes to much, so that other requests run.
  using Breathe = void (*)();

  explicit DecodedPieces(std::unique_ptr<BodyDecoder> decoder, Breathe breathe)
      : decoder_(std::move(decoder)), breathe_(breathe), buffer_(BufferBytes) {}

  /// Calls `read` with each decoded piece. Once the body is broken or swells beyond all measure
  /// that was all.
  template <typename Read>
  void pass(std::string_view coded, Read read) {
    coded_ += coded.size();
    while (!broken()) {
      const std::size_t size = decoder_->decode(coded, buffer_);
      if (size == 0) {
        return;
      }
      count(size);
      read(std::string_view(buffer_.data(), size));
    }
  }

  bool broken() const { return swollen_ || decoder_->broken(); }

 private:
  static constexpr std::size_t BufferBytes = 16 * 1024;
  static constexpr std::uint64_t Step = 256 * 1024;  // between two breaths
  // Streams of events that repeat each other come to thirty times their size.
  static constexpr std::uint64_t MostTimes = 256;
  static constexpr std::uint64_t AlwaysGranted = 1024 * 1024;

  void count(std::size_t size) {
    const std::uint64_t before = decoded_;
    decoded_ += size;
    swollen_ = decoded_ > AlwaysGranted + MostTimes * coded_;
    if (breathe_ != nullptr && decoded_ / Step != before / Step) {
      breathe_();
    }
  }

  const std::unique_ptr<BodyDecoder> decoder_;
  const Breathe breathe_;
  std::vector<char> buffer_;
  std::uint64_t coded_ = 0;
  std::uint64_t decoded_ = 0;
  bool swollen_ = false;
};

}  // namespace llmsnap::record
