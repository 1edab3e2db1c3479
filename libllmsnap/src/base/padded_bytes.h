// PaddedBytes: a growable byte buffer with zeroed bytes behind its end, which block-wise scanners
// may read. Thread rule: a plain value, owned by one thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace llmsnap {

class PaddedBytes {
 public:
  /// Readable zero bytes behind the last one, always; as many as simdjson asks for.
  static constexpr std::size_t Padding = 64;

  PaddedBytes() = default;
  explicit PaddedBytes(std::string_view bytes) { append(bytes); }
  PaddedBytes(PaddedBytes&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  PaddedBytes& operator=(PaddedBytes&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~PaddedBytes() { std::free(bytes_); }

  std::string_view view() const { return {data(), size_}; }
  const char* data() const { return bytes_ != nullptr ? bytes_ : Empty; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Bytes of memory held, padding included.
  std::size_t allocated() const { return bytes_ != nullptr ? capacity_ + Padding : 0; }

  /// Grows by doubling; views into the buffer are invalid afterwards. Throws std::bad_alloc.
  void append(std::string_view piece) {
    if (piece.empty()) {
      return;
    }
    if (piece.size() > capacity_ - size_) {
      grow(size_ + piece.size());
    }
    std::memcpy(bytes_ + size_, piece.data(), piece.size());
    size_ += piece.size();
    std::memset(bytes_ + size_, 0, Padding);
  }

 private:
  static constexpr char Empty[Padding] = {};

  // realloc, because it moves pages instead of bytes once the body is large.
  void grow(std::size_t needed) {
    const std::size_t capacity = std::max({needed, capacity_ * 2, std::size_t{1024} - Padding});
    void* grown = std::realloc(bytes_, capacity + Padding);
    if (grown == nullptr) {
      throw std::bad_alloc();
    }
    bytes_ = static_cast<char*>(grown);
    capacity_ = capacity;
  }

  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace llmsnap
