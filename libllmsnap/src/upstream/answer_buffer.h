// AnswerBuffer: the bytes of one answer as they arrive, handed out in place.
// Thread rule: belongs to one exchange, used by its fiber.
#pragma once

#include <cstddef>
#include <string_view>

#include "io/stream.h"
#include "upstream/blocks.h"

namespace llmsnap::upstream {

/// Small while the answer trickles, large while it pours: an exchange that waits holds one small
/// block.
class AnswerBuffer {
 public:
  explicit AnswerBuffer(BlockList& blocks) : blocks_(blocks) {}

  /// What has arrived and was not consumed. Views stay valid until the next fill, also of consumed
  /// bytes.
  std::string_view bytes() const { return {area_ + begin_, end_ - begin_}; }
  void consume(std::size_t count) { begin_ += count; }

  /// Consumes the first `count` bytes and never moves them again: views into them live as long as
  /// this. At most once.
  void pin(std::size_t count);

  /// One read behind what is there. Must not be called while `full`.
  io::IoResult fill(io::Stream& stream, Deadline deadline);

  /// True when unconsumed bytes take up all the room there may be.
  bool full() const { return end_ - begin_ >= MaxUnconsumed; }

 private:
  /// A head of the largest allowed size and something behind it.
  static constexpr std::size_t MaxUnconsumed = 80 * 1024;
  /// A smaller rest of the head's block is not worth a system call.
  static constexpr std::size_t LeastRoom = 1024;

  void make_room(io::Stream& stream);
  void start_afresh(io::Stream& stream);
  void use(char* area, std::size_t size);

  char* area_ = nullptr;
  std::size_t area_size_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool filled_ = false;     // the last read took all the room it had
  Block block_;             // what area_ is in, unless it is the rest of pinned_block_
  std::size_t pinned_ = 0;  // bytes of pinned_block_ that are not ours to write to
  Block pinned_block_;
  BlockList& blocks_;
};

}  // namespace llmsnap::upstream
