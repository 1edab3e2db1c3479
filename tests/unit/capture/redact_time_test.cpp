#include <algorithm>
#include <string>

#include "capture/redact.h"
#include "catch.h"
#include "unit/route/thread_time.h"

namespace llmsnap::capture {
namespace {

using route::ThreadTime;

std::string repeated(const std::string& part, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    text += part;
  }
  return text;
}

/// A list of ones within objects, each of which says behind it that it is secret.
std::string nested_values(int depth, std::size_t size) {
  std::string text = repeated("{\"value\":", 9 * static_cast<std::size_t>(depth)) + "[";
  text += repeated("1,", size) + "1]";
  for (int i = 0; i < depth; ++i) {
    text += R"(,"name":"secret"})";
  }
  return text;
}

// What redacting takes: the least of some tries, as others use the machine too.
ThreadTime::duration time_of(const std::string& body) {
  auto least = ThreadTime::duration::max();
  for (int i = 0; i < 3; ++i) {
    const auto begun = ThreadTime::now();
    const std::string clean = without_secrets(body);
    least = std::min(least, ThreadTime::now() - begun);
    CHECK(clean.size() < 6 * body.size());
  }
  return least;
}

TEST_CASE("redacting takes time as a body is long, whatever it says", "[capture]") {
  constexpr std::size_t Size = std::size_t{32} << 10;
  const auto [begin, part] = GENERATE(table<std::string, std::string>({
      {"[", R"("key":{"type":)"},
      {"[", R"("key":1,)"},
      {"[", R"("key=1",)"},
      {"[", R"("token":{},)"},
      {"[", R"({"key":{"a":[1,2,)"},
      {"[", R"({"token":"a","b":[1,2,)"},
      {"[", R"({"name":"key","value":)"},
      {"[", R"("name":"key)"},
      {"[", R"("\"",)"},
      {"[", "\\"},
      {"data: \"", "\ndata: \\\""},
      {R"(["\"\\\")", R"(\\\"key\\\":1,)"},
      {R"(["\"\\\")", R"(\"\\\")"},
      {R"(["\"\\\")", R"(\u005c\u0022)"},
  }));
  CAPTURE(begin, part);
  CHECK(time_of(begin + repeated(part, 8 * Size)) < 3 * 8 * time_of(begin + repeated(part, Size)));
}

TEST_CASE("items of a list behind many blanks are looked at once", "[capture]") {
  const auto body = [](std::size_t size) {
    return std::string(size, ' ') + "[" + repeated("\"\",", size) + "\"\"]";
  };
  CHECK(time_of(body(std::size_t{128} << 10)) < 3 * 8 * time_of(body(std::size_t{16} << 10)));
}

TEST_CASE("a value within many that are secret is walked through once", "[capture]") {
  constexpr std::size_t Size = std::size_t{128} << 10;
  CHECK(time_of(nested_values(62, Size)) < 4 * time_of(nested_values(1, Size)));
  CHECK(without_secrets(nested_values(62, Size)) == R"({"value":"[REDACTED]","name":"secret"})");
}

TEST_CASE("a body with many secrets grows by no more than six times", "[capture]") {
  const std::string part =
      GENERATE(values<std::string>({R"("key":1,)", R"("key":[1,1,1,1,1,1,1,1],)", R"("key=1",)",
                                    R"("key":[1"",1"",1"",1"",1"",1"",1"",1""],)"}));
  const std::string body = "[" + repeated(part, 10'000) + "\"\"]";
  CAPTURE(part);
  CHECK(without_secrets(body).size() < 6 * body.size());
  CHECK(without_secrets(body).find('1') == std::string::npos);
}

}  // namespace
}  // namespace llmsnap::capture
