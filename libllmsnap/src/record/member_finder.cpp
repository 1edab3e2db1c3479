#include "record/member_finder.h"

#include <algorithm>
#include <cstring>

namespace llmsnap::record {
namespace {

constexpr std::array<bool, 256> make_stops() {
  std::array<bool, 256> stops{};
  for (const char c : {'"', '{', '}', '[', ']'}) {
    stops[static_cast<unsigned char>(c)] = true;
  }
  return stops;
}

// Bytes at which a scan outside strings stops.
constexpr std::array<bool, 256> Stops = make_stops();

std::size_t trailing_backslashes(const char* begin, const char* end) {
  const char* at = end;
  while (at != begin && at[-1] == '\\') {
    --at;
  }
  return static_cast<std::size_t>(end - at);
}

const char* skip_space(const char* at, const char* end) {
  while (at != end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) {
    ++at;
  }
  return at;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

MemberFinder::Name MemberFinder::name_of(std::string_view key) {
  struct Known {
    std::string_view key;
    Name name;
  };
  static constexpr std::array<Known, 12> Names = {{{"usage", Name::Usage},
                                                   {"timings", Name::Timings},
                                                   {"metrics", Name::Metrics},
                                                   {"meta", Name::Meta},
                                                   {"response", Name::Response},
                                                   {"message", Name::Message},
                                                   {"choices", Name::Choices},
                                                   {"delta", Name::Delta},
                                                   {"finish_reason", Name::FinishReason},
                                                   {"stop_reason", Name::StopReason},
                                                   {"stop_type", Name::StopType},
                                                   {"input_tokens", Name::InputTokens}}};
  for (const Known& known : Names) {
    if (known.key == key) {
      return known.name;
    }
  }
  return Name::Other;
}

void MemberFinder::restart() {
  *this = MemberFinder();
}

void MemberFinder::feed(std::string_view piece) {
  if (piece.empty()) {
    return;
  }
  const char* at = piece.data();
  const char* const end = at + piece.size();
  object_from_ = at;
  while (at != end) {
    switch (place_) {
      case Place::Plain:
        at = pass_plain(at, end);
        break;
      case Place::String:
        at = pass_string(at, end);
        break;
      case Place::AfterString:
        at = pass_to_colon(at, end);
        break;
      case Place::Value:
        at = pass_to_value(at, end);
        break;
      case Place::Number:
        at = pass_number(at, end);
        break;
    }
  }
  if (object_ != Name::Other) {
    keep_object(end);
  }
}

// The present container is an object (or array) whose keys matter.
bool MemberFinder::named() const {
  return depth_ > base_ && depth_ - base_ <= NamedLevels;
}

const char* MemberFinder::pass_plain(const char* at, const char* end) {
  while (at != end && !Stops[static_cast<unsigned char>(*at)]) {
    ++at;
  }
  if (at == end) {
    return end;
  }
  switch (*at) {
    case '"':
      begin_string();
      break;
    case '{':
    case '[':
      open(*at);
      break;
    default:
      close(at);
  }
  return at + 1;
}

void MemberFinder::begin_string() {
  place_ = Place::String;
  text_kept_ = named();
  is_reason_ = false;
  text_size_ = 0;
  text_whole_ = true;
}

// After a string that may have been a key.
const char* MemberFinder::pass_to_colon(const char* at, const char* end) {
  at = skip_space(at, end);
  if (at == end) {
    return end;
  }
  if (*at != ':') {
    place_ = Place::Plain;
    return at;
  }
  place_ = Place::Value;
  const std::string_view key(text_.data(), text_size_);
  names_[depth_ - base_] = text_whole_ ? name_of(key) : Name::Other;
  return at + 1;
}

const char* MemberFinder::pass_to_value(const char* at, const char* end) {
  at = skip_space(at, end);
  if (at == end) {
    return end;
  }
  place_ = Place::Plain;
  if (*at == '{' && object_ == Name::Other) {
    object_ = object_kind();
    object_depth_ = depth_;
    object_from_ = at;
    if (object_ != Name::Other) {
      text_of(object_).clear();
    }
  } else if (*at == '"' && is_stop_reason()) {
    begin_string();
    is_reason_ = true;
    return at + 1;
  } else if (is_digit(*at) && depth_ - base_ == 1 && names_[1] == Name::InputTokens) {
    place_ = Place::Number;
    text_size_ = 0;
    text_whole_ = true;
  }
  return at;
}

// Which object we keep begins after the key just read; Other: none.
MemberFinder::Name MemberFinder::object_kind() const {
  const std::size_t level = depth_ - base_;
  const Name name = names_[level];
  if (level == 1) {
    const bool kept =
        name == Name::Usage || name == Name::Timings || name == Name::Metrics || name == Name::Meta;
    return kept ? name : Name::Other;
  }
  const bool in_event = level == 2 && (names_[1] == Name::Response || names_[1] == Name::Message);
  return in_event && name == Name::Usage ? name : Name::Other;
}

std::string& MemberFinder::text_of(Name kind) {
  switch (kind) {
    case Name::Timings:
      return timings_;
    case Name::Metrics:
      return metrics_;
    case Name::Meta:
      return meta_;
    default:
      return usage_;
  }
}

bool MemberFinder::is_stop_reason() const {
  const std::size_t level = depth_ - base_;
  switch (names_[level]) {
    case Name::StopReason:
      return level == 1 || (level == 2 && names_[1] == Name::Delta);
    case Name::StopType:
      return level == 1;
    case Name::FinishReason:
      return level == 3 && names_[1] == Name::Choices && names_[2] == Name::Other;
    default:
      return false;
  }
}

const char* MemberFinder::pass_string(const char* at, const char* end) {
  const char* const begin = at;
  if (escaped_) {
    escaped_ = false;
    ++at;
  }
  const char* quote = nullptr;
  while (at != end) {
    quote = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    const bool odd = trailing_backslashes(at, quote != nullptr ? quote : end) % 2 == 1;
    if (quote == nullptr) {
      escaped_ = odd;
      break;
    }
    if (!odd) {
      break;
    }
    at = quote + 1;
    quote = nullptr;
  }
  if (text_kept_) {
    keep_text(begin, quote != nullptr ? quote : end);
  }
  if (quote == nullptr) {
    return end;
  }
  place_ = text_kept_ ? Place::AfterString : Place::Plain;
  if (is_reason_ && text_whole_) {
    stop_reason_.assign(text_.data(), text_size_);
  }
  return quote + 1;
}

const char* MemberFinder::pass_number(const char* at, const char* end) {
  const char* const stop = std::find_if_not(at, end, is_digit);
  keep_text(at, stop);
  if (stop != end) {
    place_ = Place::Plain;
    if (text_whole_) {
      input_tokens_.assign(text_.data(), text_size_);
    }
  }
  return stop;
}

void MemberFinder::keep_text(const char* begin, const char* end) {
  const auto size = static_cast<std::size_t>(end - begin);
  const std::size_t kept = std::min(size, MaxText - text_size_);
  std::copy_n(begin, kept, text_.data() + text_size_);
  text_size_ += kept;
  text_whole_ = text_whole_ && kept == size;
}

void MemberFinder::open(char bracket) {
  if (!began_) {
    began_ = true;
    base_ = bracket == '[' ? 1 : 0;
  }
  ++depth_;
  if (named()) {
    names_[depth_ - base_] = Name::Other;
  }
}

void MemberFinder::close(const char* at) {
  if (depth_ > 0) {
    --depth_;
  }
  if (object_ != Name::Other && depth_ <= object_depth_) {
    keep_object(at + 1);
    object_ = Name::Other;
  }
}

void MemberFinder::keep_object(const char* end) {
  std::string& text = text_of(object_);
  const auto size = static_cast<std::size_t>(end - object_from_);
  if (text.size() + size > MaxObject) {
    text.clear();
    object_ = Name::Other;
    return;
  }
  text.append(object_from_, size);
}

}  // namespace llmsnap::record
