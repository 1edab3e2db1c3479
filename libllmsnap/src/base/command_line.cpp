#include "base/command_line.h"

#include <optional>
#include <utility>

namespace llmsnap {
namespace {

constexpr std::string_view Blanks = " \t\r\v\f";
constexpr std::string_view Separators = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(Blanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(Blanks) - first + 1);
}

/// Without its comment lines; a backslash at the end of a line became a blank.
std::string joined_lines(std::string_view command) {
  std::string joined;
  joined.reserve(command.size());
  while (!command.empty()) {
    const std::size_t end = command.find('\n');
    const std::string_view line = command.substr(0, end);
    command.remove_prefix(end == std::string_view::npos ? command.size() : end + 1);
    const std::string_view content = trimmed(line);
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
  std::vector<std::string> words_;
};

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view command) {
  const std::string joined = joined_lines(command);
  std::vector<std::string> words = Splitter(joined).words();
  if (words.empty()) {
    return Error{ErrorCode::InvalidConfig, "empty command"};
  }
  return words;
}

}  // namespace llmsnap
