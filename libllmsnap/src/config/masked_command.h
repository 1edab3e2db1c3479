// What may be shown of commands and environments: their secrets are masked.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace llmsnap {

inline constexpr std::string_view Masked = "***";

/// The words of a command, as split_command gives them. What follows a flag such as `--api-key`, or
/// stands behind the `=` of `HF_TOKEN=`, is masked, also within a word that is a command itself.
/// Empty: it has no words.
std::vector<std::string> masked_words(std::string_view command);

/// The command as one text: as it is written where it has no secret, else its masked words.
std::string masked_command(std::string_view command);

/// `NAME=value`; the value is masked where the name is one of a secret.
std::string masked_assignment(std::string_view text);

}  // namespace llmsnap
