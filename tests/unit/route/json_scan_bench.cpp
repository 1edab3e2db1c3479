// How long a large body holds up the other streams of its thread: unit-route "[.bench]" prints it.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>

#include "catch.h"
#include "route/json_scan.h"
#include "unit/route/thread_time.h"

namespace llmsnap::route {
namespace {

void report(const std::string& what, const std::string& text) {
  const PaddedBytes body(text);
  const auto begun = ThreadTime::now();
  auto slice_begun = begun;
  ThreadTime::duration longest{};
  const auto end_slice = [&slice_begun, &longest] {
    const auto now = ThreadTime::now();
    longest = std::max(longest, now - slice_begun);
    slice_begun = now;
  };
  const auto facts = scan_json_body(body, end_slice);
  end_slice();
  REQUIRE(facts);
  const auto milliseconds = [](ThreadTime::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
  };
  std::cout << what << ": " << text.size() << " bytes, longest slice " << milliseconds(longest)
            << " ms, all " << milliseconds(ThreadTime::now() - begun) << " ms\n";
}

std::string repeated(const std::string& piece, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + piece.size());
  while (text.size() < bytes) {
    text += piece;
  }
  return text;
}

constexpr std::size_t Bytes = 10'000'000;

}  // namespace

TEST_CASE("longest slice of large bodies", "[.bench]") {
  report("flat array of numbers", "{\"x\":[1" + repeated(",1", Bytes) + "]}");
  report("array of floats", "{\"x\":[1" + repeated(",-0.0123456", Bytes) + "]}");
  report("base64 image", "{\"x\":\"" + repeated("iVBORw0KGgoAAAANSUhEUgAA", Bytes) + "\"}");
  report("prose with escapes", "{\"x\":\"" + repeated("He said \\\"no\\\".\\n", Bytes) + "\"}");
  report("prose in Chinese", "{\"x\":\"" + repeated("\xe4\xbd\xa0\xe5\xa5\xbd", Bytes) + "\"}");
  report("escapes only", "{\"x\":\"" + repeated("\\u20ac", Bytes) + "\"}");
  report("small arrays", "{\"x\":[[1]" + repeated(",[1]", Bytes) + "]}");
  report("keys", "{\"x\":1" + repeated(",\"k\":1", Bytes) + "}");
  report("white space", "{" + repeated(" ", Bytes) + "}");
}

TEST_CASE("cost of a chat request's body", "[.bench]") {
  const PaddedBytes body(
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" +
      repeated("word ", 230) + "\"}]}");
  constexpr int Rounds = 100'000;
  const auto begun = ThreadTime::now();
  for (int i = 0; i < Rounds; ++i) {
    REQUIRE(scan_json_body(body, [] {})->stream);
  }
  std::cout << "chat of " << body.size()
            << " bytes: " << (ThreadTime::now() - begun).count() / Rounds
            << " ns, the test's own check included\n";
}

}  // namespace llmsnap::route
