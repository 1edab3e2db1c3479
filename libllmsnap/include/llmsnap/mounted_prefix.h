// MountedPrefix: which targets are below the prefix that a gateway is mounted at; llmsnap/httplib.h
// uses it. Thread rule: immutable; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

namespace llmsnap::detail {

class MountedPrefix {
 public:
  /// Without a slash at its end; empty: everything is below it.
  explicit MountedPrefix(std::string text) : text_(std::move(text)) {}

  /// The same as a regular expression for unescaped paths.
  std::string regex() const {
    std::string quoted;
    for (const char letter : text_) {
      if (std::string("\\^$.|?*+()[]{}").find(letter) != std::string::npos) {
        quoted += '\\';
      }
      quoted += letter;
    }
    return quoted;
  }

  /// How much of the target, as it was sent, spells the prefix (escaped or not); npos if it does
  /// not, or goes on within its last segment. An escaped slash ends no segment.
  std::size_t length_in(const std::string& target) const {
    std::size_t at = 0;
    for (const char wanted : text_) {
      if (at == target.size()) {
        return std::string::npos;
      }
      const bool escaped = target[at] == '%' && wanted != '/';
      if ((escaped ? unescaped(target, at) : target[at]) != wanted) {
        return std::string::npos;
      }
      at += escaped ? 3 : 1;
    }
    const bool ends = at == target.size() || target[at] == '/' || target[at] == '?';
    return ends ? at : std::string::npos;
  }

 private:
  /// The byte that the escape at `at` stands for; NUL where it is broken.
  static char unescaped(const std::string& target, std::size_t at) {
    const std::string digits = target.substr(at + 1, 2);
    if (digits.size() != 2 || digits.find_first_not_of("0123456789ABCDEFabcdef") != digits.npos) {
      return '\0';
    }
    return static_cast<char>(std::stoi(digits, nullptr, 16));
  }

  const std::string text_;
};

}  // namespace llmsnap::detail
