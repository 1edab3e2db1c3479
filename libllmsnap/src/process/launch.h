// Launch: a program to be started: its words, environment and folder.
// Thread rule: a plain value.
#pragma once

#include <string>
#include <vector>

namespace llmsnap::process {

struct Launch {
  std::vector<std::string> argv;         ///< argv[0] is looked up on PATH unless it holds a slash
  std::vector<std::string> environment;  ///< all of it, NAME=value
  std::string folder;                    ///< empty: the gateway's
};

}  // namespace llmsnap::process
