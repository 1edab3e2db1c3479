#include "record/body_decoder.h"

#include "base/ascii.h"
#include "record/brotli_decoder.h"
#include "record/zlib_decoder.h"
#include "record/zstd_decoder.h"

namespace llmsnap::record {
namespace {

using ascii::equal_ignoring_case;

std::string_view coding_in(std::string_view content_encoding) {
  return ascii::trimmed(content_encoding, ascii::is_space);
}

}  // namespace

bool is_identity(std::string_view content_encoding) {
  const std::string_view coding = coding_in(content_encoding);
  return coding.empty() || equal_ignoring_case(coding, "identity");
}

std::unique_ptr<BodyDecoder> decoder_for(std::string_view content_encoding) {
  const std::string_view coding = coding_in(content_encoding);
  if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) {
    return std::make_unique<ZlibDecoder>(ZlibDecoder::Frame::Gzip);
  }
  if (equal_ignoring_case(coding, "deflate")) {
    return std::make_unique<ZlibDecoder>(ZlibDecoder::Frame::ZlibOrNone);
  }
  if (equal_ignoring_case(coding, "br")) {
    return std::make_unique<BrotliDecoder>();
  }
  if (equal_ignoring_case(coding, "zstd")) {
    return std::make_unique<ZstdDecoder>();
  }
  return nullptr;
}

}  // namespace llmsnap::record
