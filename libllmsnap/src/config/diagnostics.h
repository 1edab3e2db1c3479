// Diagnostics: turns places in config files into messages, and gathers the warnings and errors of
// one load.
// Thread rule: used by the thread that loads.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/known_keys.h"
#include "llmsnap/config.h"
#include "llmsnap/result.h"

namespace llmsnap {

/// A few lines of macros could ask for any amount of memory.
inline constexpr std::size_t MaxExpandedBytes = 32 * 1024 * 1024;

class Diagnostics {
 public:
  explicit Diagnostics(Warnings on_warning) : on_warning_(on_warning) {}
  Diagnostics(std::string_view file, Warnings on_warning) : Diagnostics(on_warning) {
    add_file(file, 0);
  }

  /// The lines behind `lines_before` are this file's, counted from 1: one number names a line of
  /// all the files that a config was read from. In that order.
  void add_file(std::string_view name, int lines_before);

  /// `file:line: key: what`; a key or file with control bytes is escaped.
  Error error(int line, std::string_view key, std::string_view what) const;

  /// `file:line`, for a message about another place.
  std::string place(int line) const;

  /// Keeps an error that need not end the load, so that all of them are told at once.
  void add(Error error) { errors_.push_back(std::move(error.message)); }
  /// The one that came before all others.
  void add_first(Error error) { errors_.insert(errors_.begin(), std::move(error.message)); }
  /// Ordered by line.
  std::vector<std::string> errors() const;

  void warn(int line, std::string_view key, std::string_view what);

  /// One warning for a key that is unknown at many places of one pattern.
  void unknown_key(int line, std::string_view key, const std::string& pattern,
                   std::string_view what);

  /// A section's keys, by its pattern; they are constants.
  void note_known(const std::string& pattern, const std::vector<std::string_view>& keys) {
    known_.of_section.try_emplace(pattern, keys);
  }
  const KnownKeys& known_keys() const { return known_; }

  /// Adds to what macros made of all texts together, and says whether it may be that much.
  bool may_expand(std::size_t bytes);

  /// Warnings are errors.
  bool is_strict() const { return on_warning_ == Warnings::Refused; }

  /// All warnings, ordered by line.
  std::vector<std::string> warnings() const;

 private:
  struct Warning {
    int line = 0;
    std::string key;
    std::string what;
    std::vector<int> others = {};  ///< lines of which the same is to be said
  };

  struct File {
    std::string name;
    int lines_before = 0;
  };

  std::string message(int line, std::string_view key, std::string_view what) const;
  /// Which line a message that begins with its place is about; 0: it has no place.
  int line_of(std::string_view message) const;

  Warnings on_warning_;
  std::vector<File> files_;
  std::vector<std::string> errors_;
  std::vector<Warning> warnings_;
  std::map<std::string, std::size_t> warning_of_;  // about the unknown key of that pattern
  KnownKeys known_;
  std::size_t expanded_bytes_ = 0;
};

/// The result of several steps, all of which are done: the first failure is its own, the others are
/// kept in the diagnostics.
class AllDone {
 public:
  explicit AllDone(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void add(Result<void> done) {
    if (!done && result_) {
      result_ = std::move(done);
    } else if (!done) {
      diagnostics_.add(done.error());
    }
  }
  explicit operator bool() const { return static_cast<bool>(result_); }
  Result<void> result() { return std::move(result_); }

 private:
  Diagnostics& diagnostics_;
  Result<void> result_;
};

}  // namespace llmsnap
