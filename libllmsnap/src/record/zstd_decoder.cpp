#include "record/zstd_decoder.h"

#include <zstd.h>

namespace llmsnap::record {
namespace {

constexpr int LargestWindow = 23;  // as a power of two

}  // namespace

struct ZstdDecoder::State {
  State() : context(ZSTD_createDCtx()) {}
  ~State() { ZSTD_freeDCtx(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ZSTD_DCtx* const context;  // null: there was no memory for it
};

ZstdDecoder::ZstdDecoder() : state_(std::make_unique<State>()) {
  broken_ =
      state_->context == nullptr || ZSTD_isError(ZSTD_DCtx_setParameter(
                                        state_->context, ZSTD_d_windowLogMax, LargestWindow)) != 0;
}

ZstdDecoder::~ZstdDecoder() = default;

std::size_t ZstdDecoder::decode(std::string_view& coded, std::span<char> out) {
  ZSTD_inBuffer in{coded.data(), coded.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  // A call may end at the end of a frame, or of a header, with nothing to show for it.
  while (!broken_ && to.pos == 0) {
    const std::size_t before = in.pos;
    broken_ = ZSTD_isError(ZSTD_decompressStream(state_->context, &to, &in)) != 0;
    if (in.pos == before) {
      break;
    }
  }
  coded.remove_prefix(in.pos);
  return to.pos;
}

}  // namespace llmsnap::record
