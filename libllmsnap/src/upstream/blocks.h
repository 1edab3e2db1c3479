// Blocks: buffers of a loop's exchanges, in few sizes, so that a new exchange finds warm memory.
// Thread rule: one list per pool, touched on its loop only; no locks.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace llmsnap::upstream {

class BlockList;

/// One buffer; gives its memory back to the list, which must outlive it.
class Block {
 public:
  Block() = default;
  Block(Block&& other) noexcept
      : list_(other.list_), bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  Block& operator=(Block&& other) noexcept;
  ~Block() { release(); }

  char* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }
  void release();

 private:
  friend class BlockList;
  Block(BlockList& list, std::unique_ptr<char[]> bytes, std::size_t size)
      : list_(&list), bytes_(std::move(bytes)), size_(size) {}

  BlockList* list_ = nullptr;
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

class BlockList {
 public:
  static constexpr std::size_t Small = 4 * 1024;   ///< what an open exchange holds while it waits
  static constexpr std::size_t Large = 16 * 1024;  ///< what it reads with while bytes keep coming

  BlockList() = default;
  BlockList(const BlockList&) = delete;
  BlockList& operator=(const BlockList&) = delete;

  /// A block of exactly that size, uninitialised; other sizes than Small and Large are never kept.
  Block take(std::size_t size);

 private:
  friend class Block;
  using Kept = std::vector<std::unique_ptr<char[]>>;
  Kept* kept(std::size_t size);

  Kept small_;
  Kept large_;
};

}  // namespace llmsnap::upstream
