// file_text: a file of the system, whole; those under /proc and /sys do not tell their size.
// Thread rule: any thread that may wait for the file.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>

namespace llmsnap {

/// At most about `most` bytes of it; nothing if it cannot be read.
std::optional<std::string> file_text(const std::string& path,
                                     std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace llmsnap
