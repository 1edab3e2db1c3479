#include "record/body_decoder.h"

#include <array>

#include "base/ascii.h"
#include "record/brotli_decoder.h"
#include "record/zlib_decoder.h"
#include "record/zstd_decoder.h"

namespace llmsnap::record {
namespace {

enum class Coding { None, Gzip, Deflate, Brotli, Zstd };

Coding coding_named(std::string_view content_encoding) {
  struct Named {
    std::string_view name;
    Coding coding;
  };
  static constexpr std::array<Named, 5> Codings = {{{"gzip", Coding::Gzip},
                                                    {"x-gzip", Coding::Gzip},
                                                    {"deflate", Coding::Deflate},
                                                    {"br", Coding::Brotli},
                                                    {"zstd", Coding::Zstd}}};
  const std::string_view name = ascii::trimmed(content_encoding, ascii::is_space);
  for (const Named& named : Codings) {
    if (ascii::equal_ignoring_case(name, named.name)) {
      return named.coding;
    }
  }
  return Coding::None;
}

}  // namespace

std::unique_ptr<BodyDecoder> decoder_for(std::string_view content_encoding) {
  switch (coding_named(content_encoding)) {
    case Coding::Gzip:
      return std::make_unique<ZlibDecoder>(ZlibDecoder::Frame::Gzip);
    case Coding::Deflate:
      return std::make_unique<ZlibDecoder>(ZlibDecoder::Frame::ZlibOrNone);
    case Coding::Brotli:
      return std::make_unique<BrotliDecoder>();
    case Coding::Zstd:
      return std::make_unique<ZstdDecoder>();
    case Coding::None:
      break;
  }
  return nullptr;
}

bool can_decode(std::string_view content_encoding) {
  return coding_named(content_encoding) != Coding::None;
}

bool is_plain(std::string_view content_encoding) {
  return content_encoding.find(',') == content_encoding.npos &&
         coding_named(content_encoding) == Coding::None;
}

}  // namespace llmsnap::record
