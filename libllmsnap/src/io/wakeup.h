// Wakeup: a descriptor that another thread makes readable.
// Thread rule: signal from any thread; clear by the one that polls the descriptor.
#pragma once

#include "base/unique_fd.h"

namespace llmsnap::io {

class Wakeup {
 public:
  Wakeup();

  int descriptor() const { return fd_.get(); }
  void signal();
  void clear();

 private:
  UniqueFd fd_;
};

}  // namespace llmsnap::io
