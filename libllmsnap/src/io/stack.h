// FiberStack: the memory a fiber runs on, with a guard page below it; only touched pages cost.
// Thread rule: a plain owner of memory.
#pragma once

#include <cstddef>

namespace llmsnap::io {

class FiberStack {
 public:
  /// Without memory where the system has no address space or no mappings (vm.max_map_count) left.
  FiberStack();
  ~FiberStack();
  FiberStack(const FiberStack&) = delete;
  FiberStack& operator=(const FiberStack&) = delete;

  explicit operator bool() const { return bottom_ != nullptr; }

  /// Lowest usable byte and number of usable bytes.
  void* bottom() const { return bottom_; }
  std::size_t size() const { return size_; }

  /// Bytes that were ever used, by the paint that debug builds put there; 0 where there is none.
  std::size_t deepest_use() const;

 private:
  void* bottom_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace llmsnap::io
