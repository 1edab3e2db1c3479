// The helper program of GroupGuard (guard/main.cpp), as the bytes of its file.
// Thread rule: a pure function.
#pragma once

#include <span>

namespace llmsnap::process {

/// Of static storage. Defined by what the build makes of the program.
std::span<const unsigned char> guard_program();

}  // namespace llmsnap::process
