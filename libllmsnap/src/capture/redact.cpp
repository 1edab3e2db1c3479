#include "capture/redact.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

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

/// Replaces what stands behind names that tell of secrets, in JSON whose strings begin and end with
/// `quote`: a text, or all texts within an array or object.
class Redaction {
 public:
  Redaction(std::string_view text, std::string_view quote) : text_(text), quote_(quote) {}

  /// Nothing: there is no secret.
  std::optional<std::string> clean() {
    std::size_t at = text_.find(quote_);
    while (at != std::string_view::npos) {
      const std::size_t end = end_of_string(at + quote_.size());
      const std::size_t colon = skip_space(text_, end);
      const std::size_t value = skip_space(text_, std::min(colon + 1, text_.size()));
      if (colon < text_.size() && text_[colon] == ':' && tells_of_secret(at, end) &&
          !is_harmless(at, end, value)) {
        at = text_.find(quote_, redact_value(value));
      } else {
        at = text_.find(quote_, end);
      }
    }
    if (copied_ == 0) {
      return std::nullopt;
    }
    clean_.append(text_.substr(copied_));
    return std::move(clean_);
  }

 private:
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

  bool tells_of_secret(std::size_t begin, std::size_t end) const {
    const std::size_t size = end - begin - std::min(end - begin, 2 * quote_.size());
    const std::string_view name = text_.substr(begin + quote_.size(), size);
    return size <= LongestName &&
           (name.find('\\') == name.npos ? names_secret(name) : names_secret(unescaped(name)));
  }

  /// What a tool calls its parameters is none, nor is a token of an answer beside its probability.
  bool is_harmless(std::size_t name, std::size_t name_end, std::size_t value) const {
    const std::string_view near = text_.substr(value, 200);
    if (near.starts_with('{')) {
      return near.find("\"type\"") != std::string_view::npos ||
             near.find("\\\"type\\\"") != std::string_view::npos;
    }
    const std::string_view key =
        text_.substr(name + quote_.size(), name_end - name - 2 * quote_.size());
    return key == "token" && near.find("logprob") != std::string_view::npos;
  }

  /// Where to go on.
  std::size_t redact_value(std::size_t at) {
    int depth = 0;
    while (at < text_.size()) {
      if (text_.substr(at, quote_.size()) == quote_) {
        const std::size_t end = end_of_string(at + quote_.size());
        const std::size_t next = skip_space(text_, end);
        if (next >= text_.size() || text_[next] != ':') {
          replace(at, end);
        }
        at = end;
      } else {
        const char c = text_[at];
        depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
        at += depth < 0 ? 0 : 1;
      }
      if (depth <= 0) {
        break;
      }
    }
    return at;
  }

  void replace(std::size_t begin, std::size_t end) {
    clean_.append(text_.substr(copied_, begin - copied_))
        .append(quote_)
        .append(record::Redacted)
        .append(quote_);
    copied_ = end;
  }

  const std::string_view text_;
  const std::string_view quote_;
  std::string clean_;
  std::size_t copied_ = 0;
};

/// Nothing: there is no secret in it, as in most.
std::optional<std::string> cleaned(std::string_view text) {
  auto outer = Redaction(text, "\"").clean();
  // JSON within a text of JSON, as arguments of tools are, has escaped quotes.
  constexpr std::string_view InnerQuote = "\\\"";
  const std::string_view so_far = outer ? *outer : text;
  if (so_far.find(InnerQuote) == so_far.npos) {
    return outer;
  }
  auto inner = Redaction(so_far, InnerQuote).clean();
  return inner ? std::move(inner) : std::move(outer);
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
