// What is read below /proc and /sys; a test gives another root.
// Thread rule: any thread; calls block as long as the kernel takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmsnap::machine {

class SystemFiles {
 public:
  /// Empty: the machine's own.
  explicit SystemFiles(std::string root = {}) : root_(std::move(root)) {}

  /// A whole file, 4 MiB at most; nothing if it cannot be read.
  std::optional<std::string> read(std::string_view path) const;
  /// A file of one line, without blanks around; empty if it cannot be read.
  std::string line(std::string_view path) const;
  template <typename Number>
  std::optional<Number> number(std::string_view path) const;

  bool exists(std::string_view path) const;
  /// Names in a folder, sorted; none where there is no such folder.
  std::vector<std::string> names_in(std::string_view folder) const;
  /// The last part of the path that a link leads to; empty: it is none.
  std::string link_name(std::string_view path) const;

 private:
  std::string full(std::string_view path) const;

  std::string root_;
};

}  // namespace llmsnap::machine
