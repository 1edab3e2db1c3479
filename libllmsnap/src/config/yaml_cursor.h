// YamlCursor: a place in a YAML text, moved forward character by character as YAML counts them.
// Thread rule: a plain value; the text must outlive it. Used by yaml_lexemes and yaml_scanner only.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace llmsnap {

/// Why a text is no YAML, and where: an offset in it.
struct YamlFault {
  std::size_t at = 0;
  std::string_view what;  ///< of static lifetime
};

/// The first fault ends the text: behind it the cursor stands at the end, so that whoever reads on
/// finds nothing.
class YamlCursor {
 public:
  struct Mark {
    std::size_t offset = 0;     // in bytes
    std::size_t character = 0;  // counted from the begin of the text
    int line = 0;
    int column = 0;  // in characters, from 0
  };

  /// At the first character; a byte order mark is none.
  explicit YamlCursor(std::string_view text) : text_(text) {
    mark_.offset = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  }

  const Mark& mark() const { return mark_; }
  int column() const { return mark_.column; }
  const std::optional<YamlFault>& fault() const { return fault_; }

  /// The byte so far ahead; 0 behind the end.
  char peek(std::size_t ahead = 0) const {
    return mark_.offset + ahead < text_.size() ? text_[mark_.offset + ahead] : '\0';
  }
  bool is_at(std::string_view part) const { return text_.substr(mark_.offset).starts_with(part); }
  bool is_at_end() const { return mark_.offset >= text_.size(); }
  bool is_at_blank(std::size_t ahead = 0) const {
    return peek(ahead) == ' ' || peek(ahead) == '\t';
  }
  bool is_at_break(std::size_t ahead = 0) const { return break_length(ahead) > 0; }
  /// A blank, a line's end or the text's.
  bool is_at_gap(std::size_t ahead = 0) const {
    return mark_.offset + ahead >= text_.size() || is_at_blank(ahead) || is_at_break(ahead);
  }
  /// `---` or `...` on a line of its own.
  bool is_at_document_mark() const {
    return mark_.column == 0 && (is_at("---") || is_at("...")) && is_at_gap(3);
  }

  void skip(std::size_t characters = 1);
  void skip_blanks();
  void skip_break();
  void skip_to_break();
  void fail(std::size_t at, std::string_view what);

 private:
  std::size_t break_length(std::size_t ahead) const;

  std::string_view text_;
  Mark mark_;
  std::optional<YamlFault> fault_;
};

}  // namespace llmsnap
