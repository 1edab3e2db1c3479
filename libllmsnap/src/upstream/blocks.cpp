#include "upstream/blocks.h"

namespace llmsnap::upstream {
namespace {

/// Memory that a quiet loop keeps: a quarter of a megabyte of each size.
constexpr std::size_t KeptBytes = 256 * 1024;

}  // namespace

Block& Block::operator=(Block&& other) noexcept {
  if (this != &other) {
    release();
    list_ = other.list_;
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

void Block::release() {
  if (bytes_ == nullptr) {
    return;
  }
  BlockList::Kept* kept = list_->kept(size_);
  if (kept != nullptr && (kept->size() + 1) * size_ <= KeptBytes) {
    kept->push_back(std::move(bytes_));
  }
  bytes_.reset();
  size_ = 0;
}

Block BlockList::take(std::size_t size) {
  Kept* free = kept(size);
  if (free == nullptr || free->empty()) {
    return {*this, std::make_unique_for_overwrite<char[]>(size), size};
  }
  Block block(*this, std::move(free->back()), size);
  free->pop_back();
  return block;
}

BlockList::Kept* BlockList::kept(std::size_t size) {
  switch (size) {
    case Small:
      return &small_;
    case Large:
      return &large_;
    default:
      return nullptr;
  }
}

}  // namespace llmsnap::upstream
