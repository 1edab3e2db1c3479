// Diagnostics: turns places in a config file into messages, and gathers the warnings of one load.
// Thread rule: used by the thread that loads.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/config.h"

namespace llmsnap {

class Diagnostics {
 public:
  Diagnostics(std::string_view file, UnknownKeys unknown_keys);

  /// `file:line: key: what`; a key or file with control bytes is escaped.
  Error error(int line, std::string_view key, std::string_view what) const;

  void warn(int line, std::string_view key, std::string_view what);

  /// A key that a later version will obey. One warning per `pattern` (`models.*.cmd`): the first
  /// use, and how many more there are.
  void not_supported(int line, std::string_view key, std::string_view pattern);

  bool refuses_unknown_keys() const { return unknown_keys_ == UnknownKeys::Refuse; }

  /// All warnings, ordered by line.
  std::vector<std::string> warnings() const;

 private:
  struct Warning {
    int line = 0;
    std::string key;
    std::string what;
    int further_uses = 0;
  };

  std::string message(int line, std::string_view key, std::string_view what) const;

  std::string file_;
  UnknownKeys unknown_keys_;
  std::vector<Warning> warnings_;
  std::map<std::string, std::size_t, std::less<>> not_supported_;  // pattern -> index in warnings_
};

}  // namespace llmsnap
