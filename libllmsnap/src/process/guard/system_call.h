// system_call: the kernel without a C library, where we know how; else through the C library.
// Thread rule: any thread. Results are the kernel's: minus the error number on failure.
#pragma once

#include <sys/syscall.h>

#if defined(LLMSNAP_GUARD_HAS_LIBC)
#include <errno.h>
#include <unistd.h>
#endif

namespace llmsnap::process::guard {

inline long system_call(long number, long a = 0, long b = 0, long c = 0, long d = 0) {
#if defined(LLMSNAP_GUARD_HAS_LIBC)
  const long result = ::syscall(number, a, b, c, d);
  return result < 0 ? -errno : result;
#elif defined(__x86_64__)
  long result = 0;
  register long fourth asm("r10") = d;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long eighth asm("x8") = number;
  register long first asm("x0") = a;
  register long second asm("x1") = b;
  register long third asm("x2") = c;
  register long fourth asm("x3") = d;
  asm volatile("svc 0"
               : "+r"(first)
               : "r"(eighth), "r"(second), "r"(third), "r"(fourth)
               : "memory");
  return first;
#else
#error "no system calls known for this machine: define LLMSNAP_GUARD_HAS_LIBC"
#endif
}

template <typename T>
long system_call_word(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

}  // namespace llmsnap::process::guard
