#include "capture/redact.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "config/secret_names.h"
#include "record/redaction.h"

namespace llmsnap::capture {
namespace {

/// Longer names tell of nothing.
constexpr std::size_t LongestName = 64;

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && ascii::is_space(text[at])) {
    ++at;
  }
  return at;
}

/// With `\u0041` and the like read, as far as they are ASCII: a name may be written so.
std::string unescaped(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    unsigned code = 0;
    if (name.starts_with("\\u00") && name.size() >= 6 &&
        std::from_chars(name.data() + 4, name.data() + 6, code, 16).ptr == name.data() + 6) {
      text.push_back(static_cast<char>(code));
      name.remove_prefix(6);
    } else {
      text.push_back(name.front());
      name.remove_prefix(1);
    }
  }
  return text;
}

bool is_secret_name(std::string_view name) {
  return name.size() <= LongestName &&
         (name.find('\\') == name.npos ? names_secret(name) : names_secret(unescaped(name)));
}

/// Replaces what stands behind names that tell of secrets, in JSON whose strings begin and end with
/// `quote`: a text or a number, or all of them within an array or object.
class Redaction {
 public:
  Redaction(std::string_view text, std::string_view quote) : text_(text), quote_(quote) {}

  /// Nothing: there is no secret, as in most.
  std::optional<std::string> clean() {
    for (std::size_t at = next_string(0); at < text_.size();) {
      at = next_string(look_at(at, end_of_string(at + quote_.size())));
    }
    return secrets_.empty() ? std::nullopt : std::optional(replaced());
  }

 private:
  struct Secret {
    std::size_t begin;
    std::size_t end;
    bool is_value;  // its place takes a text in quotes
  };

  /// What is known of an object that may be a name and its value.
  struct Pair {
    bool names_secret = false;
    std::optional<std::size_t> value;
  };

  /// Objects that are deeper are no pairs.
  static constexpr std::size_t MostDepth = 64;

  /// The next quote, or the end.
  std::size_t next_string(std::size_t at) {
    const std::size_t begin = std::min(text_.find(quote_, at), text_.size());
    for (const char c : text_.substr(at, begin - at)) {
      if (c == '{' && ++depth_ < MostDepth) {
        pairs_[depth_] = {};
      }
      depth_ -= c == '}' && depth_ > 0 ? 1 : 0;
    }
    return begin;
  }

  /// A string; gives where to go on.
  std::size_t look_at(std::size_t begin, std::size_t end) {
    const std::size_t colon = skip_space(text_, end);
    if (colon >= text_.size() || text_[colon] != ':') {
      redact_variable(begin, end);
      return end;
    }
    const std::size_t value = skip_space(text_, colon + 1);
    const bool is_secret = tells_of_secret(begin, end) && !is_harmless(begin, end, value);
    return is_value_of_secret(inner(begin, end), value) || is_secret ? redact_value(value) : end;
  }

  /// Behind the quote that ends the string whose first byte is at `begin`; the end of the text
  /// where it is cut off.
  std::size_t end_of_string(std::size_t begin) const {
    for (std::size_t at = begin; at < text_.size(); ++at) {
      const char c = text_[at];
      if ((c == '"' || c == '\\') && text_.substr(at).starts_with(quote_)) {
        return at + quote_.size();
      }
      at += c == '\\' ? 1 : 0;
    }
    return text_.size();
  }

  /// Of the string that ends before `end`.
  std::string_view inner(std::size_t begin, std::size_t end) const {
    std::string_view text = text_.substr(begin + quote_.size(), end - begin - quote_.size());
    text.remove_suffix(text.ends_with(quote_) ? quote_.size() : 0);
    return text;
  }

  bool tells_of_secret(std::size_t begin, std::size_t end) const {
    return is_secret_name(inner(begin, end));
  }

  /// What a tool calls its parameters is none, nor is a token of an answer beside its probability.
  bool is_harmless(std::size_t name, std::size_t name_end, std::size_t value) const {
    const std::string_view near = text_.substr(value, 200);
    if (near.starts_with('{')) {
      return near.find("\"type\"") != std::string_view::npos ||
             near.find("\"type\\") != std::string_view::npos;
    }
    return inner(name, name_end) == "token" && near.find("logprob") != std::string_view::npos;
  }

  /// Of `{"name": "api_key", "value": "..."}`, whichever of the two comes first.
  bool is_value_of_secret(std::string_view key, std::size_t value) {
    if (depth_ >= MostDepth) {
      return false;
    }
    Pair& pair = pairs_[depth_];
    if (ascii::equal_ignoring_case(key, "value")) {
      pair.value = value;
      return pair.names_secret;
    }
    const bool is_name = ascii::equal_ignoring_case(key, "name") ||
                         ascii::equal_ignoring_case(key, "key") ||
                         ascii::equal_ignoring_case(key, "header");
    if (is_name && text_.substr(value, quote_.size()) == quote_ &&
        tells_of_secret(value, end_of_string(value + quote_.size()))) {
      pair.names_secret = true;
      if (const auto earlier = std::exchange(pair.value, std::nullopt)) {
        redact_value(*earlier);
      }
    }
    return false;
  }

  /// `"API_KEY=..."` as an item of a list, as variables and flags are written.
  void redact_variable(std::size_t begin, std::size_t end) {
    const std::string_view before = ascii::trimmed(text_.substr(0, begin), ascii::is_space);
    if (!before.ends_with('[') && !before.ends_with(',')) {
      return;
    }
    const std::string_view item = inner(begin, end);
    const std::string_view name = item.substr(0, item.find('='));
    if (name.size() + 1 < item.size() && is_secret_name(name)) {
      const std::size_t value = begin + quote_.size() + name.size() + 1;
      secrets_.push_back({value, begin + quote_.size() + item.size(), false});
    }
  }

  /// Where to go on.
  std::size_t redact_value(std::size_t at) {
    int depth = 0;
    while (at < text_.size()) {
      const char c = text_[at];
      if (text_.substr(at, quote_.size()) == quote_) {
        const std::size_t end = end_of_string(at + quote_.size());
        const std::size_t next = skip_space(text_, end);
        if (next >= text_.size() || text_[next] != ':') {
          secrets_.push_back({at, end, true});
        }
        at = end;
      } else if (c == '-' || ascii::is_digit(c)) {
        const std::size_t end =
            std::min(text_.find_first_not_of("0123456789+-.eE", at), text_.size());
        secrets_.push_back({at, end, true});
        at = end;
      } else {
        depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
        at += depth < 0 ? 0 : 1;
      }
      if (depth <= 0) {
        break;
      }
    }
    return at;
  }

  /// The text without them. One within another goes with that.
  std::string replaced() {
    std::sort(secrets_.begin(), secrets_.end(),
              [](const Secret& a, const Secret& b) { return a.begin < b.begin; });
    std::string clean;
    std::size_t copied = 0;
    for (const Secret& secret : secrets_) {
      if (secret.begin < copied) {
        continue;
      }
      const std::string_view quote = secret.is_value ? quote_ : std::string_view();
      clean.append(text_.substr(copied, secret.begin - copied))
          .append(quote)
          .append(record::Redacted)
          .append(quote);
      copied = secret.end;
    }
    return clean.append(text_.substr(copied));
  }

  const std::string_view text_;
  const std::string_view quote_;
  std::vector<Secret> secrets_;
  std::array<Pair, MostDepth> pairs_{};
  std::size_t depth_ = 0;
};

/// Nothing: there is no secret in it.
std::optional<std::string> cleaned(std::string_view text) {
  auto clean = Redaction(text, "\"").clean();
  // JSON within a text of JSON, as arguments of tools are, has escaped quotes; where a conversation
  // with those is a text in its turn, these are escaped.
  for (const std::string_view quote : {R"(\")", R"(\\\")"}) {
    const std::string_view so_far = clean ? *clean : text;
    if (so_far.find(quote) == so_far.npos) {
      break;
    }
    if (auto cleaner = Redaction(so_far, quote).clean()) {
      clean = std::move(cleaner);
    }
  }
  return clean;
}

wire::KeptFields redacted(const wire::KeptFields& fields) {
  wire::KeptFields shown;
  shown.reserve(fields.bytes());
  for (const auto& [name, value] : fields) {
    shown.add({name, record::shown_value(name, value)});
  }
  return shown;
}

bool redact_body(CapturedBody& body) {
  auto clean = cleaned(body.bytes);
  if (!clean) {
    return false;
  }
  body.size -= body.bytes.size();
  body.bytes = std::move(*clean);
  body.size += body.bytes.size();
  return true;
}

}  // namespace

std::string without_secrets(std::string_view text) {
  return cleaned(text).value_or(std::string(text));
}

TrafficCapture redacted(TrafficCapture capture) {
  capture.request_fields = redacted(capture.request_fields);
  capture.answer_fields = redacted(capture.answer_fields);
  if (redact_body(capture.request)) {
    capture.is_redacted = true;
  }
  const std::uint64_t before = capture.answer.bytes.size();
  if (redact_body(capture.answer) && !capture.pieces.empty()) {
    // The pieces are those of what is kept: the last one takes the difference.
    std::uint64_t& last = capture.pieces.back().size;
    last = last + capture.answer.bytes.size() > before ? last + capture.answer.bytes.size() - before
                                                       : 0;
  }
  return capture;
}

}  // namespace llmsnap::capture
