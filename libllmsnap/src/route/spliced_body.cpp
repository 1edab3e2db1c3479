#include "route/spliced_body.h"

#include <cassert>
#include <utility>

namespace llmsnap::route {

SplicedBody::SplicedBody(std::string_view bytes, std::vector<Replacement> replacements)
    : bytes_(bytes), replacements_(std::move(replacements)) {}

/// Kept bytes and replacements take turns; either may be empty.
std::string_view SplicedBody::piece(std::size_t index) const {
  const std::size_t replacement = index / 2;
  if (index % 2 != 0) {
    return replacements_[replacement].text;
  }
  const std::size_t begin = replacement == 0 ? 0 : replacements_[replacement - 1].end;
  const std::size_t end =
      replacement == replacements_.size() ? bytes_.size() : replacements_[replacement].begin;
  assert(begin <= end && end <= bytes_.size());
  return bytes_.substr(begin, end - begin);
}

Result<std::string_view> SplicedBody::pull() {
  // An empty piece would look like the end.
  while (next_ < pieces() && piece(next_).empty()) {
    ++next_;
  }
  return next_ < pieces() ? piece(next_++) : std::string_view();
}

std::optional<std::uint64_t> SplicedBody::length() const {
  std::uint64_t length = bytes_.size();
  for (const Replacement& replacement : replacements_) {
    length += replacement.text.size();
    length -= replacement.end - replacement.begin;
  }
  return length;
}

bool SplicedBody::rewind() {
  next_ = 0;
  return true;
}

}  // namespace llmsnap::route
