// contains: whether a text holds a part; where it does not, the failing assertion shows the text.
// Thread rule: the test's own thread; whoever else asks (a scripted server) takes
// std::string::find.
#pragma once

#include <string>
#include <string_view>

#include "catch.h"

namespace llmsnap::test {

inline bool contains(const std::string& text, std::string_view part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) {
    UNSCOPED_INFO("without \"" << part << "\": " << text);
  }
  return found;
}

}  // namespace llmsnap::test
