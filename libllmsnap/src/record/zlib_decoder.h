// ZlibDecoder: gzip and deflate, by zlib: some 40 KiB.
// Thread rule: used by one fiber at a time.
#pragma once

#include <memory>

#include "record/body_decoder.h"

namespace llmsnap::record {

class ZlibDecoder final : public BodyDecoder {
 public:
  /// ZlibOrNone: `deflate`, which many servers send without the frame that belongs to it; the first
  /// byte tells.
  enum class Frame { Gzip, ZlibOrNone };

  explicit ZlibDecoder(Frame frame);
  ~ZlibDecoder() override;

  std::size_t decode(std::string_view& coded, std::span<char> out) override;
  bool broken() const override { return broken_; }

 private:
  struct Stream;

  bool begin(char first);
  bool begins_anew(std::string_view rest);

  const Frame frame_;
  std::unique_ptr<Stream> stream_;  // null: not one byte has come
  bool ended_ = false;
  bool broken_ = false;
};

}  // namespace llmsnap::record
