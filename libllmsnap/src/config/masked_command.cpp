#include "config/masked_command.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>

#include "base/ascii.h"
#include "base/command_line.h"
#include "config/masked_text.h"
#include "config/secret_names.h"

namespace llmsnap {
namespace {

constexpr std::string_view Blanks = " \t\r\n";
/// `A=B=C=value` has one name within the other; nobody writes more.
constexpr int MaxNames = 4;
constexpr std::array<std::string_view, 3> HeaderFlags{"-H", "--header", "--proxy-header"};
/// Of curl: `user:password`. To docker they are a user and a group.
constexpr std::array<std::string_view, 4> UserFlags{"-u", "--user", "-U", "--proxy-user"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// So that split_command gives it back as it is.
std::string quoted(const std::string& word) {
  const bool is_plain =
      !word.empty() && word.front() != '#' && word.find_first_of(" \t\r\n'\"\\") == word.npos;
  if (is_plain) {
    return word;
  }
  std::string text = "'";
  for (const char c : word) {
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return text + "'";
}

std::string masked_behind(std::string_view word, std::size_t end) {
  return std::string(word.substr(0, end)).append(Masked);
}

/// `Authorization: Bearer x`. Without a blank it may be a folder of docker's, `token:/run/token`,
/// where it is not said that it is a header.
std::optional<std::string> masked_field(std::string_view word, bool is_header) {
  const std::size_t colon = word.find(':');
  if (colon == word.npos || colon + 1 == word.size()) {
    return std::nullopt;
  }
  const bool has_blank = Blanks.find(word[colon + 1]) != Blanks.npos;
  std::string_view name = word.substr(0, colon);
  while (name.ends_with('"') || name.ends_with('\'')) {
    name.remove_suffix(1);
  }
  const bool is_flag = name.starts_with("-H");
  name.remove_prefix(is_flag ? 2 : 0);
  const bool is_field = has_blank || is_header || is_flag;
  if (!is_field || name.find_first_of(Blanks) != name.npos || !names_secret(name)) {
    return std::nullopt;
  }
  return masked_behind(word, colon + 1 + (has_blank ? 1 : 0));
}

bool is_json(std::string_view word) {
  return (word.starts_with('{') || word.starts_with('[')) && nlohmann::json::accept(word);
}

std::string masked_part(std::string_view word, bool is_header, int names) {
  if (is_json(word)) {
    return masked_json(word);
  }
  if (auto field = masked_field(word, is_header)) {
    return std::move(*field);
  }
  const std::size_t equals = word.find('=');
  const std::size_t query = word.find_first_of("?&");
  // In front of a blank or in a query it is not the word's own.
  if (equals < std::min(query, word.find_first_of(Blanks))) {
    const std::size_t value = equals + 1;
    if (value < word.size() && names_secret(word.substr(0, equals))) {
      return masked_behind(word, value);
    }
    if (names > 0) {
      return std::string(word.substr(0, value))
          .append(masked_part(word.substr(value), false, names - 1));
    }
    const std::size_t last = word.rfind('=');
    return names_secret(word.substr(0, last)) ? masked_behind(word, last + 1) : masked_text(word);
  }
  const std::string masked = masked_text(word);
  // `sh -c` has a command in a word.
  return masked.find_first_of(Blanks) != masked.npos ? masked_command(masked) : masked;
}

/// What the words before it say of a word.
struct Before {
  bool names_it = false;
  bool is_header_flag = false;
  bool is_user_flag = false;
  bool is_curl = false;
};

/// `-sSu` of curl is `-s -S -u`.
bool ends_in_user_flag(std::string_view word) {
  return is_one_of(word, UserFlags) || (word.size() > 2 && word[0] == '-' && word[1] != '-' &&
                                        (word.ends_with('u') || word.ends_with('U')));
}

/// A secret may begin with a dash, which is rare; the next flag begins with two and a letter.
bool is_long_flag(std::string_view word) {
  return word.size() > 2 && word.starts_with("--") && ascii::is_alphanumeric(word[2]);
}

std::string masked_behind_flags(const std::string& word, const Before& before) {
  if (before.names_it && !is_long_flag(word)) {
    return std::string(Masked);
  }
  const bool holds_user = before.is_curl && (word.starts_with("-u") || word.starts_with("-U"));
  if (holds_user && word.find(':') != word.npos) {
    return masked_behind(word, word.find(':') + 1);
  }
  const std::size_t colon = word.find(':');
  if (before.is_curl && before.is_user_flag && colon != word.npos) {
    return masked_behind(word, colon + 1);
  }
  return masked_part(word, before.is_header_flag, MaxNames);
}

}  // namespace

std::string masked_word(std::string_view word) {
  return masked_part(word, false, MaxNames);
}

std::vector<std::string> masked_words(std::string_view command) {
  auto words = split_command(command);
  if (!words) {
    return {};
  }
  Before before;
  for (std::string& word : *words) {
    Before next;
    next.names_it = word.starts_with('-') && word.find('=') == word.npos && names_secret(word);
    next.is_header_flag = is_one_of(word, HeaderFlags);
    next.is_curl = before.is_curl || word == "curl" || word.ends_with("/curl");
    next.is_user_flag = next.is_curl && ends_in_user_flag(word);
    word = masked_behind_flags(word, before);
    before = next;
  }
  return std::move(*words);
}

std::string masked_command(std::string_view command) {
  const auto words = split_command(command);
  const std::vector<std::string> masked = masked_words(command);
  if (!words || *words == masked) {
    return std::string(command);
  }
  std::string text;
  for (const std::string& word : masked) {
    text.append(text.empty() ? "" : " ").append(quoted(word));
  }
  return text;
}

}  // namespace llmsnap
