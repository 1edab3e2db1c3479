#include "config/writable_path.h"

#include <unistd.h>

#include <system_error>

namespace llmsnap {

bool is_writable(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return false;
  }
  if (std::filesystem::exists(path, ignored)) {
    return access(path.c_str(), W_OK) == 0;
  }
  const std::filesystem::path folder = path.parent_path();
  return access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0;
}

}  // namespace llmsnap
