// free_port: a TCP port that nobody uses.
// Thread rule: any thread; somebody else may take it before it is used.
#pragma once

#include <cstdint>

namespace llmsnap::process {

/// On all addresses of this machine, and none that the kernel gives to whoever asks for any: by
/// chance nobody else gets it soon. 0 where none is to be had.
std::uint16_t free_port();

}  // namespace llmsnap::process
