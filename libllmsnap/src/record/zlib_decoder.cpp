#include "record/zlib_decoder.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace llmsnap::record {
namespace {

constexpr int LargestWindow = 15;  // as a power of two
constexpr int GzipFrame = 16;      // added to it

constexpr char GzipMark = '\x1f';

// A raw stream that begins like zlib's frame would be a stored block with rubbish behind its type,
// which no encoder writes.
bool begins_zlib_frame(char first) {
  return (static_cast<unsigned char>(first) & 0x8f) == 0x08;
}

unsigned int bounded(std::size_t size) {
  constexpr std::size_t Most = std::numeric_limits<unsigned int>::max();
  return static_cast<unsigned int>(std::min(size, Most));
}

}  // namespace

struct ZlibDecoder::Stream {
  explicit Stream(int window_bits) : good(inflateInit2(&z, window_bits) == Z_OK) {}
  ~Stream() {
    if (good) {
      inflateEnd(&z);
    }
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream z{};
  const bool good;
};

ZlibDecoder::ZlibDecoder(Frame frame) : frame_(frame) {}

ZlibDecoder::~ZlibDecoder() = default;

bool ZlibDecoder::begin(char first) {
  int window_bits = LargestWindow + GzipFrame;
  if (frame_ == Frame::ZlibOrNone) {
    window_bits = begins_zlib_frame(first) ? LargestWindow : -LargestWindow;
  }
  stream_ = std::make_unique<Stream>(window_bits);
  return stream_->good;
}

// A gzip body may be several, one behind the other.
bool ZlibDecoder::begins_anew(std::string_view rest) {
  if (frame_ != Frame::Gzip || rest.empty() || rest.front() != GzipMark ||
      inflateReset(&stream_->z) != Z_OK) {
    return false;
  }
  ended_ = false;
  return true;
}

std::size_t ZlibDecoder::decode(std::string_view& coded, std::span<char> out) {
  if (stream_ == nullptr && !coded.empty()) {
    broken_ = !begin(coded.front());
  }
  if (stream_ == nullptr || broken_ || (ended_ && !begins_anew(coded))) {
    return 0;
  }
  z_stream& z = stream_->z;
  std::size_t filled = 0;
  while (filled == 0 && !broken_) {
    // zlib reads from it only, whatever its type says.
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
    z.avail_in = bounded(coded.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = bounded(out.size());
    const unsigned int given = z.avail_in;
    const int result = inflate(&z, Z_NO_FLUSH);
    coded.remove_prefix(given - z.avail_in);
    filled = bounded(out.size()) - z.avail_out;
    ended_ = result == Z_STREAM_END;
    broken_ = result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR;
    if (result == Z_BUF_ERROR || coded.empty() || (ended_ && !begins_anew(coded))) {
      break;
    }
  }
  return filled;
}

}  // namespace llmsnap::record
