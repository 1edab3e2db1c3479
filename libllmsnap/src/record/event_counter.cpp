#include "record/event_counter.h"

#include <cstring>

namespace llmsnap::record {

std::size_t EventCounter::count(std::string_view piece) {
  std::size_t found = 0;
  const char* at = piece.data();
  const char* const end = at + piece.size();
  while (at != end) {
    switch (place_) {
      case Place::Field:
        if (matched_ == field_.size()) {
          place_ = Place::Value;
        } else if (*at == field_[matched_]) {
          ++matched_;
          ++at;
        } else {
          place_ = Place::Rest;
        }
        break;
      case Place::Value:
        if (*at == ' ') {
          ++at;
          break;
        }
        found += *at != '[' && *at != '\r' && *at != '\n' ? 1U : 0U;
        place_ = Place::Rest;
        break;
      case Place::Rest:
        at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
        if (at == nullptr) {
          return found;
        }
        ++at;
        place_ = Place::Field;
        matched_ = 0;
        break;
    }
  }
  return found;
}

}  // namespace llmsnap::record
