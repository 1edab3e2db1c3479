#include "store/store_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/timestamp.h"

namespace llmsnap::store {
namespace {

constexpr const char* Log = "-wal";
constexpr const char* LogIndex = "-shm";

Error system_error(const char* what) {
  const int code = errno;
  return Error{code == ENOSPC || code == EDQUOT ? ErrorCode::StorageFull : ErrorCode::System,
               fmt::format("{}: {}", what, std::generic_category().message(code))};
}

std::string name_aside(const std::string& path) {
  return path + ".broken-" + utc_timestamp(std::chrono::system_clock::now());
}

}  // namespace

Result<StoreFile> StoreFile::claim(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  struct stat found {};
  if (!file || ::fstat(file.get(), &found) != 0) {
    return system_error("it cannot be opened");
  }
  // SQLite's own locks let several programs write. A file system without flock has none.
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return Error{ErrorCode::System, "another gateway uses it"};
  }
  if (found.st_size == 0) {
    if (auto moved = move_log_aside(path); !moved) {
      return moved.error();
    }
  }
  return StoreFile(std::move(file), found.st_dev, found.st_ino);
}

bool StoreFile::is_at(const std::string& path) const {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == number_;
}

Result<void> move_log_aside(const std::string& path) {
  const std::string log = path + Log;
  if (std::rename(log.c_str(), (name_aside(path) + Log).c_str()) != 0 && errno != ENOENT) {
    return system_error("the log of an earlier file cannot be moved aside");
  }
  return {};
}

Result<std::string> move_aside(const std::string& path) {
  const std::string aside = name_aside(path);
  if (std::rename(path.c_str(), aside.c_str()) != 0) {
    return system_error("it cannot be moved aside");
  }
  // Most often there are none.
  std::rename((path + Log).c_str(), (aside + Log).c_str());
  std::rename((path + LogIndex).c_str(), (aside + LogIndex).c_str());
  return aside;
}

}  // namespace llmsnap::store
