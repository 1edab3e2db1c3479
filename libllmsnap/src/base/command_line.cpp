#include "base/command_line.h"

#include <optional>
#include <utility>

#include "base/blank.h"

namespace llmsnap {
namespace {

constexpr std::string_view Separators = " \t\r\n";

/// Without its comment lines; a backslash at the end of a line became a blank.
std::string joined_lines(std::string_view command) {
  std::string joined;
  joined.reserve(command.size());
  while (!command.empty()) {
    const std::size_t end = command.find('\n');
    const std::string_view line = command.substr(0, end);
    command.remove_prefix(end == std::string_view::npos ? command.size() : end + 1);
    const std::string_view content = without_blanks(line);
    if (content.starts_with('#')) {
      continue;
    }
    if (content.ends_with('\\')) {
      joined.append(content.substr(0, content.size() - 1)).push_back(' ');
    } else {
      joined.append(line);
    }
    if (!command.empty()) {
      joined.push_back('\n');
    }
  }
  return joined;
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : rest_(text) {}

  std::vector<std::string> words() {
    while (!rest_.empty()) {
      take_one(next());
    }
    end_word();
    return std::move(words_);
  }

  /// Once the words were taken.
  bool quote_is_open() const { return quote_is_open_; }

 private:
  void take_one(char c) {
    if (c == '\'') {
      take_literal();
    } else if (c == '"') {
      take_grouped();
    } else if (c == '\\') {
      take_escaped();
    } else if (Separators.find(c) != std::string_view::npos) {
      end_word();
    } else {
      word().push_back(c);
    }
  }

  void take_literal() {
    std::string& word = this->word();
    const std::size_t end = rest_.find('\'');
    word.append(rest_.substr(0, end));
    quote_is_open_ = end == std::string_view::npos;
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  }

  void take_grouped() {
    std::string& word = this->word();
    while (!rest_.empty()) {
      const char c = next();
      if (c == '"') {
        return;
      }
      if (c == '\\' && !rest_.empty() && Escapable.find(rest_.front()) != std::string_view::npos) {
        const char escaped = next();
        if (escaped != '\n') {
          word.push_back(escaped);
        }
      } else {
        word.push_back(c);
      }
    }
    quote_is_open_ = true;
  }

  void take_escaped() {
    if (rest_.empty()) {
      return;
    }
    const char escaped = next();
    if (escaped != '\n') {
      word().push_back(escaped);
    }
  }

  char next() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  /// Quotes without content make a word too.
  std::string& word() {
    if (!word_) {
      word_.emplace();
    }
    return *word_;
  }

  void end_word() {
    if (word_) {
      words_.push_back(*std::exchange(word_, std::nullopt));
    }
  }

  static constexpr std::string_view Escapable = "$`\"\\\n";
  std::string_view rest_;
  std::optional<std::string> word_;
  bool quote_is_open_ = false;
  std::vector<std::string> words_;
};

}  // namespace

bool leaves_quote_open(std::string_view command) {
  const std::string joined = joined_lines(command);
  Splitter splitter(joined);
  splitter.words();
  return splitter.quote_is_open();
}

Result<std::vector<std::string>> split_command(std::string_view command) {
  const std::string joined = joined_lines(command);
  std::vector<std::string> words = Splitter(joined).words();
  if (words.empty()) {
    return Error{ErrorCode::InvalidConfig, "empty command"};
  }
  return words;
}

}  // namespace llmsnap
