// BuildVersion: what `GET /api/version` and the UI say of the program that a gateway is part of.
// Thread rule: a plain value.
#pragma once

#include <string>

namespace llmsnap {

struct BuildVersion {
  std::string version = {};            ///< empty: the library's
  std::string commit = "unknown";      ///< of the sources
  std::string build_date = "unknown";  ///< of that commit, so that two builds of it are the same
};

}  // namespace llmsnap
