// The text of a config file, whatever stands at its path.
// Thread rule: used by the thread that loads; blocks on the file system, on a pipe for a bounded
// time.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>

#include "llmsnap/result.h"

namespace llmsnap {

inline constexpr std::size_t MaxConfigFileSize = 16 * 1024 * 1024;

/// A pipe is read to its end, as a shell's `<(...)` makes one. A larger file than
/// MaxConfigFileSize gives one byte more than that. Errors: what cannot be opened or read, a pipe
/// that nobody writes to, and a reading that `stop` has ended: between two pieces, or in a wait for
/// a pipe.
Result<std::string> read_config_file(const std::string& path, const std::stop_token& stop = {});

}  // namespace llmsnap
