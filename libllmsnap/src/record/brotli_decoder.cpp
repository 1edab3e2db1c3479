#include "record/brotli_decoder.h"

#include <brotli/decode.h>

#include <cstdint>

namespace llmsnap::record {

struct BrotliDecoder::State {
  State() : decoder(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {}
  ~State() { BrotliDecoderDestroyInstance(decoder); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  BrotliDecoderState* const decoder;  // null: there was no memory for it
};

BrotliDecoder::BrotliDecoder()
    : state_(std::make_unique<State>()), broken_(state_->decoder == nullptr) {}

BrotliDecoder::~BrotliDecoder() = default;

std::size_t BrotliDecoder::decode(std::string_view& coded, std::span<char> out) {
  if (broken_ || BrotliDecoderIsFinished(state_->decoder) == BROTLI_TRUE) {
    return 0;
  }
  std::size_t left = coded.size();
  const auto* next = reinterpret_cast<const std::uint8_t*>(coded.data());
  std::size_t room = out.size();
  auto* to = reinterpret_cast<std::uint8_t*>(out.data());
  const BrotliDecoderResult result =
      BrotliDecoderDecompressStream(state_->decoder, &left, &next, &room, &to, nullptr);
  coded.remove_prefix(coded.size() - left);
  broken_ = result == BROTLI_DECODER_RESULT_ERROR;
  return out.size() - room;
}

}  // namespace llmsnap::record
