// What `top -H`, debuggers and profilers call our threads, so that an operator sees which one
// works. Thread rule: for the calling thread.
#pragma once

namespace llmsnap {

/// 15 characters at most. Where that fails the thread has no name of its own, which does no harm.
void name_this_thread(const char* name);

}  // namespace llmsnap
