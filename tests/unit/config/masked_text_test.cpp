#include "config/masked_text.h"

#include <string>

#include "catch.h"

namespace llmsnap {

TEST_CASE("of a URL the password is masked, and what its query names a secret", "[config]") {
  struct Row {
    std::string text;
    std::string shown;
  };
  const Row row = GENERATE(values<Row>({
      {"http://me:s@h/x and ftp://a:s@h", "http://me:***@h/x and ftp://a:***@h"},
      {"redis://:s@h", "redis://:***@h"},
      {"http://h/a@b?c=d://e:f", "http://h/a@b?c=d://e:f"},
      {"/health?token=s", "/health?token=***"},
      {"/x?key=s#access_token=s", "/x?key=***#access_token=***"},
      {"/x?api%5Fkey=s&level=2", "/x?api%5Fkey=***&level=2"},
      {"/x?key=&max_tokens=5&tokenizer=t", "/x?key=&max_tokens=5&tokenizer=t"},
      {"/x?key", "/x?key"},
  }));
  CHECK(masked_text(row.text) == row.shown);
}

TEST_CASE("of JSON what stands behind the name of a secret is masked, and nothing else",
          "[config]") {
  struct Row {
    std::string json;
    std::string shown;
  };
  const Row row = GENERATE(values<Row>({
      {R"({"a": 1,  "max_tokens": 5})", R"({"a": 1,  "max_tokens": 5})"},
      {R"({"token":"s","n":1})", R"({"token":"***","n":1})"},
      {R"({"password":7,"secret":null,"api_key":true})",
       R"({"password":"***","secret":null,"api_key":true})"},
      {R"({"credentials":{"user":"u","list":["s"]}})",
       R"({"credentials":{"user":"***","list":["***"]}})"},
      {R"([{"url":"http://u:s@h"}])", R"([{"url":"http://u:***@h"}])"},
      {R"({"h":"Bearer s"})", R"({"h":"Bearer ***"})"},
      {"\"text\"", "\"text\""},
      {std::string(10'000, '['), "***"},
      {"{", "***"},
  }));
  CHECK(masked_json(row.json) == row.shown);
}

// Where each URL is looked at up to the end of the text this takes minutes.
TEST_CASE("a text of very many URLs is masked in time that grows with it", "[config]") {
  std::string text = "?";
  std::string shown = "?";
  while (text.size() < 1'000'000) {
    text += "x://u:s@h/&key=s#";
    shown += "x://u:***@h/&key=***#";
  }
  CHECK((masked_text(text) == shown));
}

}  // namespace llmsnap
