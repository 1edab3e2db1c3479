#include "config/masked_command.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/command_line.h"

namespace llmsnap {
namespace {

constexpr std::array<std::string_view, 5> SecretWords{"password", "passwd", "secret", "credential",
                                                      "credentials"};
constexpr std::array<std::string_view, 3> SecretLastWords{"key", "keys", "token"};
constexpr std::array<std::string_view, 3> NamesOfPlaces{"file", "path", "dir"};

template <std::size_t Count>
bool ends_with_one_of(std::string_view word, const std::array<std::string_view, Count>& endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [word](std::string_view ending) { return word.ends_with(ending); });
}

/// `--api-key`, `HF_TOKEN`, `db.password`; not `--tokenizer`, `--max-tokens`, `--ssl-key-file`, nor
/// a member of a model's file such as `tokenizer.ggml.add_bos_token`.
bool names_secret(std::string_view name) {
  const auto is_part = [](char c) { return ascii::is_alphanumeric(c) || c == '_' || c == '-'; };
  const auto begin = std::find_if_not(name.rbegin(), name.rend(), is_part).base();
  const bool is_member = begin != name.begin() && *(begin - 1) == '.';
  std::string words = ascii::lower_case(std::string_view(begin, name.end()));
  std::replace(words.begin(), words.end(), '-', '_');
  std::string_view rest = words;
  bool is_secret = false;
  std::string_view last;
  while (!rest.empty()) {
    last = rest.substr(0, rest.find('_'));
    is_secret = is_secret || ends_with_one_of(last, SecretWords);
    rest.remove_prefix(std::min(last.size() + 1, rest.size()));
  }
  const bool is_key = !is_member && ends_with_one_of(last, SecretLastWords);
  return (is_secret || is_key) && !ends_with_one_of(last, NamesOfPlaces);
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

/// `sh -c` has a command in a word.
std::string masked_word(const std::string& word) {
  std::string masked = masked_assignment(word);
  const bool may_be_command = masked == word && word.find_first_of(" \t\n") != word.npos;
  return may_be_command ? masked_command(word) : masked;
}

}  // namespace

std::string masked_assignment(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || !names_secret(text.substr(0, equals))) {
    return std::string(text);
  }
  return std::string(text.substr(0, equals + 1)).append(Masked);
}

std::vector<std::string> masked_words(std::string_view command) {
  auto words = split_command(command);
  if (!words) {
    return {};
  }
  bool is_secret = false;
  for (std::string& word : *words) {
    const bool is_flag = word.starts_with('-');
    const bool has_value = word.find('=') != word.npos;
    const bool names_next = is_flag && !has_value && names_secret(word);
    word = is_secret && !is_flag ? std::string(Masked) : masked_word(word);
    is_secret = names_next;
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
