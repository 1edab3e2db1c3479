#include "route/renamed_body.h"

#include <algorithm>

namespace llmsnap::route {

Result<std::string_view> RenamedBody::pull() {
  for (;;) {
    if (position_ == begin_ && !text_sent_) {
      text_sent_ = true;
      if (!text_.empty()) {
        return text_;
      }
    }
    if (rest_.empty()) {
      auto piece = inner_.pull();
      if (!piece || piece->empty()) {
        return piece;
      }
      rest_ = *piece;
    }
    if (position_ >= begin_ && position_ < end_) {
      const auto dropped = std::min<std::uint64_t>(end_ - position_, rest_.size());
      rest_.remove_prefix(dropped);
      position_ += dropped;
      continue;
    }
    const std::uint64_t until = position_ < begin_ ? begin_ - position_ : rest_.size();
    const std::string_view kept = rest_.substr(0, until);
    rest_.remove_prefix(kept.size());
    position_ += kept.size();
    return kept;
  }
}

std::optional<std::uint64_t> RenamedBody::length() const {
  const auto length = inner_.length();
  return length ? std::optional(*length - (end_ - begin_) + text_.size()) : std::nullopt;
}

bool RenamedBody::rewind() {
  position_ = 0;
  rest_ = {};
  text_sent_ = false;
  return inner_.rewind();
}

}  // namespace llmsnap::route
