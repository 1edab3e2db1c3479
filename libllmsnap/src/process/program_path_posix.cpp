#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "process/program_path.h"

namespace llmsnap::process {
namespace {

enum class Found { Nothing, Forbidden, Program };

Found look_for(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return Found::Nothing;
  }
  const bool may_run = ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
  return may_run ? Found::Program : Found::Forbidden;
}

}  // namespace

std::string in_words(int error) {
  std::string words = std::strerror(error);
  if (!words.empty()) {
    words.front() = ascii::to_lower(words.front());
  }
  return words;
}

Result<std::string> find_program(const std::string& word) {
  if (word.find('/') != std::string::npos) {
    return word;
  }
  const char* const path = std::getenv("PATH");
  std::string_view folders = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  std::string forbidden;
  while (!folders.empty() && !word.empty()) {
    const std::string_view folder = folders.substr(0, folders.find(':'));
    folders.remove_prefix(folder.size() == folders.size() ? folder.size() : folder.size() + 1);
    if (!folder.starts_with('/')) {
      continue;
    }
    std::string candidate = fmt::format("{}/{}", folder, word);
    const Found found = look_for(candidate);
    if (found == Found::Program) {
      return candidate;
    }
    if (found == Found::Forbidden && forbidden.empty()) {
      forbidden = std::move(candidate);
    }
  }
  if (!forbidden.empty()) {
    return Error{ErrorCode::UpstreamFailed,
                 fmt::format("cannot start \"{}\": {}: {}", word, forbidden, in_words(EACCES))};
  }
  return Error{ErrorCode::UpstreamFailed,
               fmt::format("cannot start \"{0}\": no program of the name {0} on PATH", word)};
}

}  // namespace llmsnap::process
