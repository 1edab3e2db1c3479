#pragma once
// Leaves a process behind that keeps something of ours when we are gone.
// Called once, before there are threads.

#include <sys/types.h>

#include "behaviour.h"

namespace fake_model {

// Its process id, or -1. It ends by itself after 60 s.
pid_t fork_grandchild(const Grandchild& keeps, int listener);

}  // namespace fake_model
