// BodyDecoder: turns the pieces of a body that was sent with a Content-Encoding into what they
// stand for, in bounded memory. Thread rule: used by one fiber at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace llmsnap::record {

class BodyDecoder {
 public:
  virtual ~BodyDecoder() = default;

  /// Decodes from the front of `coded`, which loses what was read, to the front of `out`: how much
  /// of it was filled. Call it until that is nothing: then all of `coded` was read, or the body
  /// has ended (what follows is left), or is broken.
  virtual std::size_t decode(std::string_view& coded, std::span<char> out) = 0;

  /// What came is not of this coding, or wants more memory than a decoder may have.
  virtual bool broken() const = 0;
};

/// Whether the value of Content-Encoding says that there is nothing to decode, or is one word that
/// nobody knows: such bodies are taken as they are.
bool is_plain(std::string_view content_encoding);

/// For gzip (x-gzip), deflate (as RFC 9110 has it, and without zlib's frame), br or zstd; null for
/// all else, also for several codings one upon the other.
std::unique_ptr<BodyDecoder> decoder_for(std::string_view content_encoding);
/// Whether there is one.
bool can_decode(std::string_view content_encoding);

}  // namespace llmsnap::record
