#include "config/nearest_key.h"

#include <string>

#include "catch.h"

namespace llmsnap {
namespace {

TEST_CASE("a slip of the finger finds the key that was meant", "[config]") {
  const std::vector<std::string_view> known{"healthCheckTimeout", "proxy", "useModelName", "ttl",
                                            "name"};
  struct Row {
    std::string unknown;
    std::string nearest;
  };
  const Row row = GENERATE(values<Row>({{"healthCheckTimeOut", "healthCheckTimeout"},
                                        {"health_check_timeout", "healthCheckTimeout"},
                                        {"proxi", "proxy"},
                                        {"use-model-name", "useModelName"},
                                        {"nane", "name"},
                                        {"completely different", ""},
                                        {"zz", ""},
                                        {"", ""}}));
  INFO(row.unknown);
  CHECK(nearest_key(row.unknown, known).value_or("") == row.nearest);
}

TEST_CASE("a very long key is not compared", "[config]") {
  CHECK_FALSE(nearest_key(std::string(1'000'000, 'x'), {"proxy"}));
}

}  // namespace
}  // namespace llmsnap
