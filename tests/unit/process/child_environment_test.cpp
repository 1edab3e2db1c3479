#include "process/child_environment.h"

#include <algorithm>
#include <cstdlib>

#include "catch.h"

namespace llmsnap::process {
namespace {

TEST_CASE("a child gets what this process has, but for its LLMSNAP_ variables", "[process]") {
  ::setenv("LLMSNAP_TEST_SECRET", "s3cret", 1);
  ::setenv("PLAIN_TEST_VALUE", "seen", 1);
  const std::vector<std::string> items = this_environment();
  CHECK(std::count(items.begin(), items.end(), "PLAIN_TEST_VALUE=seen") == 1);
  CHECK(std::none_of(items.begin(), items.end(),
                     [](const std::string& item) { return item.starts_with("LLMSNAP_"); }));
  ::unsetenv("LLMSNAP_TEST_SECRET");
  ::unsetenv("PLAIN_TEST_VALUE");
}

TEST_CASE("of several items with one name the last one holds", "[process]") {
  CHECK(with_additions({"A=1", "B=2"}, {"B=3", "C=4", "C=5", "AB=6"}) ==
        std::vector<std::string>{"A=1", "B=3", "C=5", "AB=6"});
}

}  // namespace
}  // namespace llmsnap::process
