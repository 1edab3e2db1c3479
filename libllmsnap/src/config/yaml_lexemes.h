// The parts of a YAML text that are longer than a character or two: each function takes one off
// the cursor, which stands at its first character, or makes the cursor fail.
// Thread rule: pure functions. Used by yaml_scanner only.
#pragma once

#include <string>
#include <vector>

#include "config/yaml_cursor.h"

namespace llmsnap {

/// A text in single or double quotes.
void skip_quoted(YamlCursor& at);

/// A text without quotes, which may go on over lines that are indented deeper than `indent`
/// (in `[]` and `{}`: over any). True if the cursor then stands on a new line.
bool skip_plain(YamlCursor& at, int indent, bool is_in_flow);

/// `|` or `>` and the lines below it, inside of what is indented by `indent`.
void skip_block_scalar(YamlCursor& at, int indent);

/// `&name` or `*name`.
void skip_anchor(YamlCursor& at);

/// The `!name!` that `%TAG` lines have declared.
using TagHandles = std::vector<std::string>;

void skip_tag(YamlCursor& at, const TagHandles& known);

/// A line `%YAML 1.2` or `%TAG ! prefix`.
void skip_directive(YamlCursor& at, TagHandles& known);

}  // namespace llmsnap
