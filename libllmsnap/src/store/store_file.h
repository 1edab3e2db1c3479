// StoreFile: the file of a store, claimed by one gateway; what stands in its place can be moved
// aside. Thread rule: one thread at a time.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "llmsnap/result.h"

namespace llmsnap::store {

class StoreFile {
 public:
  /// Makes the file if there is none, for its owner alone. An error where another gateway has
  /// claimed it. Must outlive the connections: its end takes their locks.
  static Result<StoreFile> claim(const std::string& path);

  /// Whether the path still leads to this file: nobody has removed or replaced it.
  bool is_at(const std::string& path) const;

 private:
  StoreFile(UniqueFd file, dev_t device, ino_t number)
      : file_(std::move(file)), device_(device), number_(number) {}

  UniqueFd file_;
  dev_t device_;
  ino_t number_;
};

/// Renames what SQLite has left beside a file that is gone: it would be played into the next one.
Result<void> move_log_aside(const std::string& path);

/// Renames a file that is no database, and what SQLite keeps beside it. The new name.
Result<std::string> move_aside(const std::string& path);

}  // namespace llmsnap::store
