#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "io/wakeup.h"

namespace llmsnap::io {

Wakeup::Wakeup() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_) {
    // Without it no other thread could reach the loop, not even to stop it.
    std::perror("llmsnap: cannot create an eventfd");
    std::abort();
  }
}

void Wakeup::signal() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full: then it is readable already.
  [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof(one));
}

void Wakeup::clear() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto taken = ::read(fd_.get(), &count, sizeof(count));
}

}  // namespace llmsnap::io
