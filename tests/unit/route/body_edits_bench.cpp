// What editing a large body costs its thread, and for how long at once: unit-route "[.bench]".
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>

#include "catch.h"
#include "route/body_edits.h"
#include "unit/route/thread_time.h"

namespace llmsnap::route {
namespace {

constexpr std::size_t Bytes = 10'000'000;

std::string repeated(const std::string& piece) {
  std::string text;
  text.reserve(Bytes + piece.size());
  while (text.size() < Bytes) {
    text += piece;
  }
  return text;
}

void report(const std::string& what, const std::string& text) {
  const PaddedBytes body("{\"a\":1,\"x\":" + text + ",\"b\":1,\"c\":{\"d\":1}}");
  const std::vector<BodyEdit> edits = {
      {"a", std::nullopt}, {"b", "2"}, {"c.d", "3"}, {"temperature", "0"}};
  auto slice_begun = ThreadTime::now();
  const auto begun = slice_begun;
  ThreadTime::duration longest{};
  const auto end_slice = [&slice_begun, &longest] {
    const auto now = ThreadTime::now();
    longest = std::max(longest, now - slice_begun);
    slice_begun = now;
  };
  const auto replacements = edit_body(body, 0, edits, end_slice);
  end_slice();
  const auto all = ThreadTime::now() - begun;
  REQUIRE(replacements);
  CHECK(replacements->size() == 4);
  const auto milliseconds = [](ThreadTime::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
  };
  std::cout << "edits beside " << what << ": " << body.size() << " bytes, longest slice "
            << milliseconds(longest) << " ms, all " << milliseconds(all) << " ms\n";
}

}  // namespace

TEST_CASE("cost of edits in large bodies", "[.bench]") {
  report("a base64 image", "\"" + repeated("iVBORw0KGgoAAAANSUhEUgAA") + "\"");
  report("prose with escapes", "\"" + repeated("He said \\\"no\\\".\\n") + "\"");
  report("numbers", "[1" + repeated(",1") + "]");
  report("floats", "[1" + repeated(",-0.0123456") + "]");
  report("small arrays", "[[1]" + repeated(",[1]") + "]");
  report("messages", "[0" + repeated(R"(,{"role":"user","content":"Say a few words."})") + "]");
  report("keys", "0" + repeated(",\"k\":1"));
}

TEST_CASE("cost of edits in a chat request", "[.bench]") {
  const PaddedBytes body(
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\","
      "\"content\":\"" +
      std::string(1150, 'w') + "\"}],\"top_k\":4}");
  const std::vector<BodyEdit> edits = {{"top_k", std::nullopt}, {"temperature", "0.7"}};
  constexpr int Rounds = 100'000;
  const auto begun = ThreadTime::now();
  for (int i = 0; i < Rounds; ++i) {
    REQUIRE(edit_body(body, 0, edits, [] {})->size() == 2);
  }
  std::cout << "two edits in a chat of " << body.size()
            << " bytes: " << (ThreadTime::now() - begun).count() / Rounds << " ns\n";
}

}  // namespace llmsnap::route
