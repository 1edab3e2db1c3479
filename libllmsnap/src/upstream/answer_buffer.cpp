#include "upstream/answer_buffer.h"

#include <cassert>
#include <cstring>
#include <span>

namespace llmsnap::upstream {

void AnswerBuffer::pin(std::size_t count) {
  assert(pinned_ == 0);
  pinned_ = static_cast<std::size_t>(area_ - block_.data()) + begin_ + count;
  pinned_block_ = std::move(block_);
  const std::size_t rest = end_ - begin_ - count;
  use(pinned_block_.data() + pinned_, pinned_block_.size() - pinned_);
  end_ = rest;
}

io::IoResult AnswerBuffer::fill(io::Stream& stream, Deadline deadline) {
  assert(!full());
  make_room(stream);
  const std::span<char> room(area_ + end_, area_size_ - end_);
  const io::IoResult result = stream.read_some(room, deadline);
  if (result) {
    end_ += result.bytes;
    filled_ = result.bytes == room.size();
  }
  return result;
}

void AnswerBuffer::make_room(io::Stream& stream) {
  if (begin_ == end_) {
    start_afresh(stream);
    return;
  }
  if (end_ < area_size_) {
    return;
  }
  const std::string_view rest = bytes();
  if (begin_ >= LeastRoom) {
    std::memmove(area_, rest.data(), rest.size());
  } else {
    Block larger = blocks_.take(area_size_ < BlockList::Large ? BlockList::Large : MaxUnconsumed);
    std::memcpy(larger.data(), rest.data(), rest.size());
    block_ = std::move(larger);
    use(block_.data(), block_.size());
  }
  begin_ = 0;
  end_ = rest.size();
}

void AnswerBuffer::start_afresh(io::Stream& stream) {
  // The last read came back full, or more came since: a large block saves system calls. Otherwise
  // the wait may be long, and a thousand waiting exchanges must not hold a large block each.
  if (filled_ || (block_.size() >= BlockList::Large && stream.readable())) {
    if (block_.size() != BlockList::Large) {
      block_ = blocks_.take(BlockList::Large);
    }
  } else if (pinned_block_.size() - pinned_ >= LeastRoom) {
    block_.release();
    use(pinned_block_.data() + pinned_, pinned_block_.size() - pinned_);
    return;
  } else if (block_.size() != BlockList::Small) {
    block_ = blocks_.take(BlockList::Small);
  }
  use(block_.data(), block_.size());
}

void AnswerBuffer::use(char* area, std::size_t size) {
  area_ = area;
  area_size_ = size;
  begin_ = end_ = 0;
}

}  // namespace llmsnap::upstream
