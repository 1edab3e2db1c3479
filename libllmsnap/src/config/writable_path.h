// is_writable: whether a file can be written there, or made there.
// Thread rule: asks the file system; any thread that may block.
#pragma once

#include <filesystem>

namespace llmsnap {

bool is_writable(const std::filesystem::path& path);

}  // namespace llmsnap
