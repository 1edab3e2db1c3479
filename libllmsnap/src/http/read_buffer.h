// ReadBuffer: bytes received from a client and not yet dealt with.
// Thread rule: belongs to one connection. Growing or compacting moves the bytes: views end there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace llmsnap::http {

class ReadBuffer {
 public:
  std::string_view unread() const { return {bytes_.get() + begin_, end_ - begin_}; }

  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) {
      begin_ = end_ = 0;
    }
  }

  /// At least `least` bytes to read into; then commit what was read.
  std::span<char> space(std::size_t least) {
    if (capacity_ - end_ < least) {
      make_room(least);
    }
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t count) { end_ += count; }

  /// Gives the memory back while nothing is in it: an idle connection keeps none.
  void release() {
    if (begin_ == end_) {
      bytes_.reset();
      capacity_ = begin_ = end_ = 0;
    }
  }

 private:
  void make_room(std::size_t least) {
    const std::size_t held = end_ - begin_;
    if (capacity_ - held < least) {
      const std::size_t capacity = std::max({2 * capacity_, held + least, std::size_t{2048}});
      std::unique_ptr<char[]> larger(new char[capacity]);
      std::copy_n(bytes_.get() + begin_, held, larger.get());
      bytes_ = std::move(larger);
      capacity_ = capacity;
    } else {
      std::copy_n(bytes_.get() + begin_, held, bytes_.get());  // to the front: forwards is right
    }
    begin_ = 0;
    end_ = held;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace llmsnap::http
