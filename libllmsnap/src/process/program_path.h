// find_program: the file that a command's first word means.
// Thread rule: any thread.
#pragma once

#include <string>

#include "llmsnap/result.h"

namespace llmsnap::process {

/// What an error number means: "no such file or directory".
std::string in_words(int error);

/// A word with a slash is the path itself, and nothing is checked. Another is looked for in the
/// folders of our PATH; relative ones are passed over, since they would mean something else in the
/// folder of the child.
Result<std::string> find_program(const std::string& word);

}  // namespace llmsnap::process
