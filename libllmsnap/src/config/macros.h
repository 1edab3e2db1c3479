// Macros: the ${NAME} of `macros:` blocks, global and of one model, and their expansion in a tree
// of values. Thread rule: plain values; pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.h"
#include "config/yaml_tree.h"
#include "llmsnap/result.h"

namespace llmsnap {

struct Macro {
  std::string name;
  YamlNode value;  ///< a scalar, with the text that printed_value gives
};

/// In the order of their declaration; a macro sees those before it.
using Macros = std::vector<Macro>;

/// Reads a `macros:` mapping; `key` names it in messages. Null gives none.
Result<Macros> read_macros(const YamlNode& node, std::string_view key, Diagnostics& diagnostics);

/// What one model sees: MODEL_ID, the globals, and its own, which replace a global of their name in
/// its place.
Macros macros_of_model(std::string_view model_id, const Macros& global, const Macros& own);

/// Expands every value in the tree, not the keys. A text that is exactly one placeholder becomes
/// the macro's value with its type. Placeholders that no macro fills stay; `$${NAME}` stays for
/// resolved_text. Errors: a text becomes too long, or all texts together do.
Result<void> expand_macros(YamlNode& node, std::string_view key, const Macros& macros,
                           Diagnostics& diagnostics);

/// Those that a process is started with, each as `${NAME}`.
using Placeholders = std::span<const std::string_view>;

/// The first `${...}` that is still there and not one of `allowed`, without the braces.
std::optional<std::string_view> leftover_placeholder(std::string_view text,
                                                     Placeholders allowed = {});

/// The text with `$${NAME}` as the literal `${NAME}` that it stands for; but for those in `kept`,
/// whose literals stay as they are until the placeholder itself is filled.
std::string resolved_text(std::string_view text, Placeholders kept = {});

/// How a config has to write what resolved_text gave: the literal `${NAME}` as `$${NAME}`, and
/// those in `kept`, and their literals, as they are.
std::string written_text(std::string_view text, Placeholders kept = {});

}  // namespace llmsnap
