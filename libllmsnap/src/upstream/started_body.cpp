#include "upstream/started_body.h"

#include <utility>

namespace llmsnap::upstream {

Result<void> StartedBody::start() {
  const bool is_empty = source_ == nullptr || source_->length() == 0U;
  if (is_empty || first_) {
    return {};
  }
  const Result<std::string_view> pulled = source_->pull();
  if (!pulled) {
    return pulled.error();
  }
  first_ = *pulled;
  return {};
}

Result<std::string_view> StartedBody::pull() {
  if (const auto first = std::exchange(first_, std::nullopt)) {
    return *first;
  }
  return source_->pull();
}

bool StartedBody::rewind() {
  first_.reset();
  return source_->rewind();
}

}  // namespace llmsnap::upstream
