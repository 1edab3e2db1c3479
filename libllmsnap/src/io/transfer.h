// receive_now and send_now: one attempt on a non-blocking socket, as recv and send without flags
// but MSG_NOSIGNAL. Where the C library's own are cancellation points, as on Linux, every call of a
// program with several threads pays for that; nobody cancels the threads of this library.
// Thread rule: as the system calls.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace llmsnap::io {

/// Bytes, 0 at the end, or -1 with errno.
ssize_t receive_now(int socket, char* into, std::size_t size);
ssize_t send_now(int socket, const char* bytes, std::size_t size);

}  // namespace llmsnap::io
