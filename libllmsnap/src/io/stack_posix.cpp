#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "io/sanitizer.h"
#include "io/stack.h"

namespace llmsnap::io {
namespace {

// Sanitizers make frames several times larger.
constexpr std::size_t StackSize = (SanitizersActive ? 1024 : 256) * 1024;

#if defined(NDEBUG)
constexpr bool Painted = false;
#else
constexpr bool Painted = !SanitizersActive;
#endif
constexpr std::uint64_t Paint = 0x5afe57ac5afe57acULL;

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

}  // namespace

FiberStack::FiberStack() : size_(StackSize) {
  const std::size_t guard = page_size();
  void* memory = ::mmap(nullptr, size_ + guard, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) {
    return;
  }
  if (::mprotect(memory, guard, PROT_NONE) != 0) {
    ::munmap(memory, size_ + guard);  // without a guard page an overflow would be silent
    return;
  }
  bottom_ = static_cast<char*>(memory) + guard;
  if constexpr (Painted) {
    auto* words = static_cast<std::uint64_t*>(bottom_);
    for (std::size_t i = 0; i < size_ / sizeof(Paint); ++i) {
      words[i] = Paint;
    }
  }
}

FiberStack::~FiberStack() {
  if (bottom_ == nullptr) {
    return;
  }
  const std::size_t guard = page_size();
  forget_frames(bottom_, size_);
  ::munmap(static_cast<char*>(bottom_) - guard, size_ + guard);
}

std::size_t FiberStack::deepest_use() const {
  if constexpr (!Painted) {
    return 0;
  }
  const auto* words = static_cast<const std::uint64_t*>(bottom_);
  std::size_t untouched = 0;
  while (untouched < size_ / sizeof(Paint) && words[untouched] == Paint) {
    ++untouched;
  }
  return size_ - untouched * sizeof(Paint);
}

}  // namespace llmsnap::io
