// The text of a config file as UTF-8, the only form in which it is read further.
// Thread rule: pure function.
#pragma once

#include <string>
#include <string_view>

namespace llmsnap {

struct DecodedText {
  std::string text;
  int fault_line = 0;      ///< from 1 on; 0: there is no fault
  std::string_view fault;  ///< of static lifetime
};

/// A text that says by its byte order mark that it is UTF-16 becomes UTF-8, as Go's YAML takes it;
/// any other must be UTF-8. Faults: the first line that is neither, and UTF-32, which Go does not
/// take.
DecodedText utf8_text(std::string text);

}  // namespace llmsnap
