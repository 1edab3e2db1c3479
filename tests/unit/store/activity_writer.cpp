// activity-writer PATH: writes rows into a store until it is killed, and prints the id of the last
// row of each batch once that is written. Thread rule: main's thread.
#include <cstdio>

#include "log/log.h"
#include "records.h"

using namespace llmsnap;

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  Log log;
  store::ActivityStore activity(
      {.path = argv[1], .retention = {.rows = 0}, .gather = SteadyClock::duration(0)}, log);
  while (true) {
    std::optional<std::uint64_t> id;
    for (int count = 0; count < 20; ++count) {
      id = activity.observe(store::test::record_of("m"));
    }
    if (!id || !activity.flush_for_test(store::test::soon())) {
      return 1;
    }
    std::printf("%llu\n", static_cast<unsigned long long>(*id));
    std::fflush(stdout);
  }
}
