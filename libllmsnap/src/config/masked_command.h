// What may be shown of commands and environments: their secrets are masked.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace llmsnap {

/// The words of a command, as split_command gives them. What follows a flag such as `--api-key` is
/// masked; the others are masked_word. Empty: it has no words.
std::vector<std::string> masked_words(std::string_view command);

/// The command as one text: as it is written where it has no secret, else its masked words.
std::string masked_command(std::string_view command);

/// One word of a command, or one item of an environment: `NAME=value` and `Name: value` whose names
/// tell of secrets, JSON, masked_text, and a word that is a command itself.
std::string masked_word(std::string_view word);

}  // namespace llmsnap
