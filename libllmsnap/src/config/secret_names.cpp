#include "config/secret_names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/ascii.h"

namespace llmsnap {
namespace {

/// Wherever they stand in a name.
constexpr std::array<std::string_view, 8> SecretWords{"password",   "passwords",  "passwd",
                                                      "passphrase", "secret",     "secrets",
                                                      "credential", "credentials"};
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
/// The folder that a shell is in, where it stands alone; else a password.
constexpr std::string_view Folder = "pwd";
/// Several are a length, but behind these.
constexpr std::string_view Tokens = "tokens";
constexpr std::array<std::string_view, 3> OfTokens{"access", "api", "auth"};

/// The first three letters of all words that make a name tell of a secret. Most names have none of
/// them anywhere, and this goes over each name in each body that is captured.
class Beginnings {
 public:
  constexpr Beginnings() {
    add(SecretWords);
    add(LastEndings);
    add(LastWords);
    add(std::array{Folder, Tokens});
  }

  constexpr bool any_in(std::string_view name) const {
    unsigned code = 0;
    for (const char c : name) {
      code = with(code, c);
      if ((bits_[code / 32] >> code % 32 & 1) != 0) {
        return true;
      }
    }
    return false;
  }

 private:
  static constexpr unsigned Codes = 32 * 32 * 32;

  /// Of the last three characters, upper and lower case being the same.
  static constexpr unsigned with(unsigned code, char c) {
    return (code * 32 + (static_cast<unsigned char>(c) & 31)) % Codes;
  }

  constexpr void add(std::span<const std::string_view> words) {
    for (const std::string_view word : words) {
      const unsigned code = with(with(with(0, word[0]), word[1]), word[2]);
      bits_[code / 32] |= 1U << code % 32;
    }
  }

  std::array<std::uint32_t, Codes / 32> bits_{};
};

constexpr Beginnings AllBeginnings;

template <std::size_t Count>
bool is_one_of(std::string_view word, const std::array<std::string_view, Count>& words) {
  return std::any_of(words.begin(), words.end(), [word](std::string_view one) {
    return ascii::equal_ignoring_case(word, one);
  });
}

template <std::size_t Count>
bool ends_with_one_of(std::string_view word, const std::array<std::string_view, Count>& endings) {
  return std::any_of(endings.begin(), endings.end(), [word](std::string_view ending) {
    return word.size() >= ending.size() && ascii::same_letter(word.back(), ending.back()) &&
           ascii::equal_ignoring_case(word.substr(word.size() - ending.size()), ending);
  });
}

bool is_lower(char c) {
  return ascii::is_letter(c) && ascii::to_lower(c) == c;
}

bool is_gap(char c) {
  return c == '_' || c == '-';
}

/// What ends `name` and looks like one of a variable.
std::string_view last_name(std::string_view name) {
  const auto is_part = [](char c) { return ascii::is_alphanumeric(c) || is_gap(c); };
  const auto begin = std::find_if_not(name.rbegin(), name.rend(), is_part).base();
  return name.substr(static_cast<std::size_t>(begin - name.begin()));
}

/// The words of a name one after the other, without the numbers at their ends: `apiKey2` is `api`,
/// `Key`.
class Words {
 public:
  explicit Words(std::string_view name) : rest_(name) {}

  /// Empty: there are no more.
  std::string_view next() {
    std::string_view word;
    while (word.empty() && !rest_.empty()) {
      word = first_part();
      while (!word.empty() && ascii::is_digit(word.back())) {
        word.remove_suffix(1);
      }
    }
    return word;
  }

 private:
  std::string_view first_part() {
    std::size_t end = 0;
    while (end < rest_.size() && !is_gap(rest_[end]) && !is_hump(end)) {
      ++end;
    }
    const std::string_view part = rest_.substr(0, end);
    rest_.remove_prefix(end < rest_.size() && is_gap(rest_[end]) ? end + 1 : end);
    return part;
  }

  /// Whether a word begins at `at` with a capital letter.
  bool is_hump(std::size_t at) const {
    return at > 0 && is_lower(rest_[at - 1]) && ascii::is_letter(rest_[at]) && !is_lower(rest_[at]);
  }

  std::string_view rest_;
};

}  // namespace

bool names_secret(std::string_view name) {
  if (!AllBeginnings.any_in(name)) {
    return false;
  }
  Words words(last_name(name));
  std::string_view last = words.next();
  std::string_view before;
  const std::string_view first = last;
  bool tells = ends_with_one_of(last, SecretWords);
  for (auto word = words.next(); !word.empty(); word = words.next()) {
    before = std::exchange(last, word);
    tells = tells || ends_with_one_of(last, SecretWords);
  }
  if (ends_with_one_of(last, NamesOfPlaces) || (!before.empty() && is_one_of(first, Switches))) {
    return false;
  }
  if (tells) {
    return true;
  }
  if (ends_with_one_of(last, LastEndings)) {
    return !is_one_of(before, Harmless);
  }
  return is_one_of(last, LastWords) ||
         (ascii::equal_ignoring_case(last, Folder) && !before.empty()) ||
         (ascii::equal_ignoring_case(last, Tokens) && is_one_of(before, OfTokens));
}

}  // namespace llmsnap
