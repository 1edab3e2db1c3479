#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_MAIN
#include "catch.h"
#else
#include "catch.h"

int main(int argc, char** argv) {
  return Catch::Session().run(argc, argv);
}
#endif

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// Debian's cpp-httplib is not built for ThreadSanitizer, which therefore does not see that the
// constants inside its functions are made once, under a guard: the first requests of two threads
// look like a race. Only what the library itself calls is left out.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libcpp-httplib.so\n";
}
#endif
#endif
