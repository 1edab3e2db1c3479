#include "support/coded_text.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <stdexcept>

namespace llmsnap::test {
namespace {

// A flush in the middle, as of a stream whose events leave at once.
std::string deflated(std::string_view text, int window_bits) {
  z_stream z{};
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  std::string coded(deflateBound(&z, static_cast<uLong>(text.size())) + 64, '\0');
  z.next_out = reinterpret_cast<Bytef*>(coded.data());
  z.avail_out = static_cast<uInt>(coded.size());
  const std::size_t half = text.size() / 2;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(half);
  deflate(&z, Z_SYNC_FLUSH);
  z.avail_in = static_cast<uInt>(text.size() - half);
  const int result = deflate(&z, Z_FINISH);
  coded.resize(z.total_out);
  deflateEnd(&z);
  if (result != Z_STREAM_END) {
    throw std::runtime_error("deflate");
  }
  return coded;
}

}  // namespace

std::string gzip_coded(std::string_view text) {
  return deflated(text, 15 + 16);
}

std::string zlib_coded(std::string_view text) {
  return deflated(text, 15);
}

std::string raw_deflate_coded(std::string_view text) {
  return deflated(text, -15);
}

std::string brotli_coded(std::string_view text, int window_bits) {
  std::size_t size = BrotliEncoderMaxCompressedSize(text.size()) + 64;
  std::string coded(size, '\0');
  const BROTLI_BOOL done =
      BrotliEncoderCompress(5, window_bits, BROTLI_MODE_TEXT, text.size(),
                            reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                            reinterpret_cast<std::uint8_t*>(coded.data()));
  if (done != BROTLI_TRUE) {
    throw std::runtime_error("BrotliEncoderCompress");
  }
  coded.resize(size);
  return coded;
}

std::string zstd_coded(std::string_view text, int window_bits) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_bits);
  // As of a stream, whose length is not known when it begins: a window is needed.
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string coded(ZSTD_compressBound(text.size()) + 64, '\0');
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  ZSTD_outBuffer out{coded.data(), coded.size(), 0};
  const std::size_t left = ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush) +
                           ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  if (left != 0) {
    throw std::runtime_error("ZSTD_compressStream2");
  }
  coded.resize(out.pos);
  return coded;
}

}  // namespace llmsnap::test
