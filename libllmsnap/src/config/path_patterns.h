// PathPatterns: regular expressions of users, compiled once and asked for each path.
// Thread rule: immutable; any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace llmsnap {

class PathPatterns {
 public:
  /// Why this is no expression; nothing if it is one.
  static std::optional<std::string> fault_of(const std::string& pattern);

  /// Those that are none match nothing: who reads a config has refused them.
  explicit PathPatterns(const std::vector<std::string>& patterns);
  ~PathPatterns();
  PathPatterns(const PathPatterns&) = delete;
  PathPatterns& operator=(const PathPatterns&) = delete;

  /// True if one of them is found anywhere in it. Takes time by the length of `path`, whatever the
  /// patterns.
  bool match(const std::string& path) const;

 private:
  struct Compiled;
  const std::unique_ptr<Compiled> compiled_;
};

}  // namespace llmsnap
