#include "config/secret_names.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/ascii.h"

namespace llmsnap {
namespace {

/// Wherever they stand in a name.
constexpr std::array<std::string_view, 7> SecretWords{
    "password", "passwd", "passphrase", "secret", "secrets", "credential", "credentials"};
/// Also at the end of a word: `apikey`.
constexpr std::array<std::string_view, 3> LastEndings{"key", "keys", "token"};
constexpr std::array<std::string_view, 12> LastWords{
    "auth", "authorization", "bearer", "cookie",    "jwt", "pass", "pat",
    "psk",  "sas",           "sig",    "signature", "hft"};  // the last: llama-server's short name
                                                             // of --hf-token
constexpr std::array<std::string_view, 3> NamesOfPlaces{"file", "path", "dir"};
/// What begins so is on or off.
constexpr std::array<std::string_view, 9> Switches{
    "allow", "disable", "enable", "no", "require", "skip", "use", "with", "without"};
/// A token behind these is one of a text, and a key one of a table.
constexpr std::array<std::string_view, 36> Harmless{
    "audio",   "begin",   "bos",   "cache", "cls",     "end",      "eos",    "eot",     "first",
    "foreign", "group",   "image", "last",  "mask",    "max",      "min",    "n",       "new",
    "next",    "num",     "pad",   "per",   "primary", "pub",      "public", "routing", "sep",
    "sort",    "special", "start", "stop",  "think",   "thinking", "unk",    "video",   "vision"};
/// Several tokens are a length, but behind these.
constexpr std::array<std::string_view, 3> OfTokens{"access", "api", "auth"};

template <std::size_t Count>
bool is_one_of(std::string_view word, const std::array<std::string_view, Count>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

template <std::size_t Count>
bool ends_with_one_of(std::string_view word, const std::array<std::string_view, Count>& endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [word](std::string_view ending) { return word.ends_with(ending); });
}

bool is_lower(char c) {
  return ascii::is_letter(c) && ascii::to_lower(c) == c;
}

/// In lower case and without the numbers at their ends: `apiKey2` is `api`, `key`.
std::vector<std::string> words_of(std::string_view name) {
  const auto is_part = [](char c) { return ascii::is_alphanumeric(c) || c == '_' || c == '-'; };
  const auto begin = std::find_if_not(name.rbegin(), name.rend(), is_part).base();
  std::vector<std::string> words(1);
  char before = '\0';
  for (auto at = begin; at != name.end(); ++at) {
    const bool is_hump = is_lower(before) && ascii::is_letter(*at) && !is_lower(*at);
    const bool is_gap = *at == '_' || *at == '-';
    if (is_hump || is_gap) {
      words.emplace_back();
    }
    if (!is_gap) {
      words.back() += ascii::to_lower(*at);
    }
    before = *at;
  }
  for (std::string& word : words) {
    while (!word.empty() && ascii::is_digit(word.back())) {
      word.pop_back();
    }
  }
  std::erase(words, std::string());
  return words;
}

}  // namespace

bool names_secret(std::string_view name) {
  const std::vector<std::string> words = words_of(name);
  if (words.empty() || ends_with_one_of(words.back(), NamesOfPlaces) ||
      (words.size() > 1 && is_one_of(words.front(), Switches))) {
    return false;
  }
  if (std::any_of(words.begin(), words.end(),
                  [](const std::string& word) { return ends_with_one_of(word, SecretWords); })) {
    return true;
  }
  const std::string& last = words.back();
  const std::string_view before = words.size() > 1 ? words[words.size() - 2] : std::string_view();
  if (ends_with_one_of(last, LastEndings)) {
    return !is_one_of(before, Harmless);
  }
  // PWD alone is the folder that a shell is in.
  return is_one_of(last, LastWords) || (last == "pwd" && !before.empty()) ||
         (last == "tokens" && is_one_of(before, OfTokens));
}

}  // namespace llmsnap
