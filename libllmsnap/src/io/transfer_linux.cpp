#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/sanitizer.h"
#include "io/transfer.h"

namespace llmsnap::io {

// Sanitizers know the library's functions, not the system calls.

ssize_t receive_now(int socket, char* into, std::size_t size) {
  if constexpr (SanitizersActive) {
    return ::recv(socket, into, size, 0);
  }
  return ::syscall(SYS_recvfrom, socket, into, size, 0, nullptr, nullptr);
}

ssize_t send_now(int socket, const char* bytes, std::size_t size) {
  if constexpr (SanitizersActive) {
    return ::send(socket, bytes, size, MSG_NOSIGNAL);
  }
  return ::syscall(SYS_sendto, socket, bytes, size, MSG_NOSIGNAL, nullptr, 0);
}

}  // namespace llmsnap::io
