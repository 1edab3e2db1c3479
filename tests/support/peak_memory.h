// peak_memory: how much memory this process has taken.
// Thread rule: one at a time; it begins the count anew for the whole process.
#pragma once

#include <cstddef>
#include <fstream>
#include <string>

namespace llmsnap::test {

/// Most resident memory of this process since the last call, in bytes.
inline std::size_t peak_memory() {
  std::size_t kilobytes = 0;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) {
      kilobytes = std::stoul(line.substr(6));
    }
  }
  std::ofstream("/proc/self/clear_refs") << "5";
  return kilobytes * 1024;
}

}  // namespace llmsnap::test
