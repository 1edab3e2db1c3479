#pragma once
// How the process ends: by SIGTERM, by the clock, or in a crash.
// Signal handlers do it, so that it ends whatever the program does at that moment.

#include "behaviour.h"

namespace fake_model {

// Once, before there are threads. SIGTERM ends the process with code 0, at once by default.
void arrange_ending(const Behaviour& behaviour);

// Ends by SIGSEGV, as a bug would.
[[noreturn]] void crash();

}  // namespace fake_model
