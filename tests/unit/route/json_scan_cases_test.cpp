// The cases C01 to C10 of the threat model: JSON that is meant to hurt.
#include <chrono>
#include <string>

#include "catch.h"
#include "io/sanitizer.h"
#include "route/json_scan.h"
#include "route/json_string.h"
#include "route/spliced_body.h"
#include "support/peak_memory.h"
#include "unit/route/thread_time.h"

namespace llmsnap::route {
namespace {

Result<BodyFacts> scan(std::string_view text) {
  return scan_json_body(PaddedBytes(text), [] {});
}

bool is_printable(std::string_view message) {
  return message.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \"():-_,.") ==
         message.npos;
}

}  // namespace

TEST_CASE("C01: nesting of 3000 levels is refused by that name", "[route][C01]") {
  const auto facts =
      scan("{\"model\":\"m\",\"tools\":" + std::string(3000, '[') + std::string(3000, ']') + "}");
  REQUIRE_FALSE(facts);
  CHECK(facts.error().code == ErrorCode::BadRequest);
  CHECK(facts.error().message.find("nesting") != std::string::npos);
}

TEST_CASE("C02: ten million opening brackets are refused at the first level too many",
          "[route][C02]") {
  const std::string brackets = GENERATE("", "{\"x\":") + std::string(10'000'000, '[');
  const PaddedBytes body(brackets);
  const std::size_t before = (test::peak_memory(), test::peak_memory());
  const auto facts = scan_json_body(body, [] {});
  CHECK(test::peak_memory() < before + (1U << 20));
  REQUIRE_FALSE(facts);
  CHECK(
      (brackets.front() == '[' || facts.error().message.find("(at byte 68)") != std::string::npos));
}

TEST_CASE("C03: a second model is refused", "[route][C03]") {
  const std::string text =
      GENERATE(R"({"model":"a","model":"b"})", R"({"model":"a","model":"a"})",
               R"({"model":null,"model":"b"})", R"({"model":"a","x":1,"model":2})");
  const auto facts = scan(text);
  REQUIRE_FALSE(facts);
  CHECK(facts.error().message.find("a second \"model\"") != std::string::npos);
}

TEST_CASE("C04: an escaped spelling of model is the same key", "[route][C04]") {
  CHECK_FALSE(scan(R"({"mod\u0065l":"b","model":"a"})"));
  CHECK_FALSE(scan(R"({"model":"a","\u006d\u006F\u0064\u0065\u006C":"b"})"));
}

TEST_CASE("C05: renaming the model leaves every other byte alone", "[route][C05]") {
  const std::string text =
      "{ \"seed\":12345678901234567890123, \"model\" : \"m\",\"t\":1e2,\"x\":\"\\u00e9\" }\n";
  const auto facts = scan(text);
  REQUIRE(facts);
  SplicedBody body(text, {{facts->model_begin, facts->model_end, json_string("other")}});
  std::string sent;
  for (;;) {
    const auto piece = body.pull();
    REQUIRE(piece);
    if (piece->empty()) {
      break;
    }
    sent += *piece;
  }
  CHECK(
      sent ==
      "{ \"seed\":12345678901234567890123, \"model\" : \"other\",\"t\":1e2,\"x\":\"\\u00e9\" }\n");
}

TEST_CASE("C06: a number that no double can hold is none of our business", "[route][C06]") {
  const auto facts = scan(R"({"model":"m","x":1e400})");
  REQUIRE(facts);
  CHECK(facts->model == "m");
}

TEST_CASE("C07: NUL in the model, lone surrogates and broken UTF-8 are refused in plain words",
          "[route][C07]") {
  const std::string text = GENERATE(
      "{\"model\":\"m\\u0000\"}", "{\"model\":\"m\",\"x\":\"\\ud800\"}", "{\"model\":\"\xff\"}",
      "{\"model\":\"m\",\"x\":\"\xc0\xaf\"}", "{\"model\":\"m\",\"\xff\":1}");
  const auto facts = scan(text);
  REQUIRE_FALSE(facts);
  CHECK(facts.error().code == ErrorCode::BadRequest);
  CHECK(is_printable(facts.error().message));
}

TEST_CASE("C08: twenty megabytes of small arrays are walked without a tree", "[route][C08]") {
  std::string text = "{\"x\":[[1]";
  while (text.size() < 20'000'000) {
    text += ",[1]";
  }
  CHECK_FALSE(scan(text.substr(5)));
  const PaddedBytes body(text + "]}");
  const std::size_t before = (test::peak_memory(), test::peak_memory());
  const auto facts = scan_json_body(body, [] {});
  CHECK(test::peak_memory() < before + (1U << 20));
  REQUIRE(facts);
  CHECK_FALSE(facts->model);
}

TEST_CASE("C09: a byte order mark is accepted and not sent on", "[route][C09]") {
  const std::string text = "\xef\xbb\xbf {\"model\":\"m\"}";
  const auto facts = scan(text);
  REQUIRE(facts);
  CHECK(facts->begin == 3);
  CHECK(text.substr(facts->model_begin, facts->model_end - facts->model_begin) == "\"m\"");
}

TEST_CASE("C10: an object of 200000 keys is read in under 100 ms", "[route][C10]") {
  std::string text = "{\"model\":\"m\"";
  for (int i = 0; i < 200'000; ++i) {
    text += ",\"key" + std::to_string(i) + "\":" + std::to_string(i);
  }
  const PaddedBytes body(text + "}");
  const auto begun = ThreadTime::now();
  const auto facts = scan_json_body(body, [] {});
  const auto taken = ThreadTime::now() - begun;
  REQUIRE(facts);
  CHECK(facts->model == "m");
  if (!io::SanitizersActive) {  // they make it a dozen times slower
    CHECK(taken < std::chrono::milliseconds(100));
  }
}

}  // namespace llmsnap::route
