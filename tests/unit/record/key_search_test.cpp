#include "record/key_search.h"

#include <string>

#include "catch.h"

namespace {

// Where the key stands; -1: nowhere.
int position(const std::string& text) {
  const char* found = llmsnap::record::find_usage_key(text.data(), text.data() + text.size());
  return found != nullptr ? static_cast<int>(found - text.data()) : -1;
}

}  // namespace

TEST_CASE("a key is found wherever it stands", "[record]") {
  const std::string key = GENERATE(R"("usage":{)", R"("timings":{)", R"("metrics" : {)",
                                   R"(_reason":"a)", R"("stop_type":"e)");
  for (int before = 0; before < 40; ++before) {
    CHECK(position(std::string(before, ' ') + key) == before);
    CHECK(position(std::string(before, '"') + key + std::string(20, 'e')) == before);
  }
}

TEST_CASE("what is no key of interest, or has no such value, is passed over", "[record]") {
  const std::string text =
      GENERATE(R"("usage":null,"finish_reason":null})", R"("usag":{)", R"("usage)", R"("usage")",
               R"("usage":)", R"(\"usage\":{)", R"("usage",{)", "\"usage\":\n{", R"("timings":[)",
               R"("timing":{)", R"(reason":"x")", "", "\"", "_reason\"");
  CHECK(position(text) == -1);
}

TEST_CASE("a key behind one without a value of its kind is found", "[record]") {
  CHECK(position(R"("usage":null,"usage":{)") == 13);
  CHECK(position(R"("finish_reason":null}],"usage":{)") == 23);
}
