#include <pthread.h>

#include "base/thread_name.h"

namespace llmsnap {

void name_this_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

}  // namespace llmsnap
