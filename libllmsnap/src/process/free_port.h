// free_port: a TCP port that nobody uses.
// Thread rule: any thread; somebody else may take it before it is used.
#pragma once

#include <cstdint>

namespace llmsnap::process {

/// Of the kernel's choice, on all addresses of this machine; 0 where none is to be had.
std::uint16_t free_port();

}  // namespace llmsnap::process
