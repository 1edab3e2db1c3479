#include "route/spliced_body.h"

#include <cassert>
#include <utility>

namespace llmsnap::route {

SplicedBody::SplicedBody(std::string_view bytes) : pieces_{bytes} {}

SplicedBody::SplicedBody(std::string_view bytes, std::size_t begin, std::size_t end,
                         std::string replacement)
    : replacement_(std::move(replacement)),
      pieces_{bytes.substr(0, begin), replacement_, bytes.substr(end)} {
  assert(begin <= end);
}

Result<std::string_view> SplicedBody::pull() {
  // An empty piece would look like the end.
  while (next_ < pieces_.size() && pieces_[next_].empty()) {
    ++next_;
  }
  return next_ < pieces_.size() ? pieces_[next_++] : std::string_view();
}

std::optional<std::uint64_t> SplicedBody::length() const {
  return pieces_[0].size() + pieces_[1].size() + pieces_[2].size();
}

bool SplicedBody::rewind() {
  next_ = 0;
  return true;
}

}  // namespace llmsnap::route
