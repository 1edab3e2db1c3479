#include "capture/redact.h"

#include "catch.h"

namespace llmsnap::capture {
namespace {

TEST_CASE("no text behind a member that tells of a secret is kept", "[capture]") {
  CHECK(without_secrets(R"({"api_key":"sk-1", "model" : "m"})") ==
        R"({"api_key":"[REDACTED]", "model" : "m"})");
  CHECK(without_secrets(R"({"a":{"password" : "p\"w"},"b":["token"]})") ==
        R"({"a":{"password" : "[REDACTED]"},"b":["token"]})");
  CHECK(without_secrets(R"({"api_keys":["a",{"x":"b"}],"y":"c"})") ==
        R"({"api_keys":["[REDACTED]",{"x":"[REDACTED]"}],"y":"c"})");
  CHECK(without_secrets(R"({"arguments":"{\"api_key\":\"sk\",\"x\":\"y\"}"})") ==
        R"({"arguments":"{\"api_key\":\"[REDACTED]\",\"x\":\"y\"}"})");
  CHECK(without_secrets(R"(["{\"a\":\"{\\\"api_key\\\":\\\"sk\\\",\\\"n\\\":1}\"}"])") ==
        R"(["{\"a\":\"{\\\"api_key\\\":\\\"[REDACTED]\\\",\\\"n\\\":1}\"}"])");
  CHECK(without_secrets(R"({"api_k\u0065y":"sk"})") == R"({"api_k\u0065y":"[REDACTED]"})");
  CHECK(without_secrets(R"({"client_secret":{"value":"ek"}})") ==
        R"({"client_secret":{"value":"[REDACTED]"}})");
  CHECK(without_secrets(R"({"x":1,"secret":"cut of)") == R"({"x":1,"secret":"[REDACTED]")");
}

TEST_CASE("no number behind a member that tells of a secret is kept", "[capture]") {
  CHECK(without_secrets(R"({"password":-1.5e3,"n":1})") == R"({"password":"[REDACTED]","n":1})");
  CHECK(without_secrets(R"({"api_keys":[12, 3,null]})") ==
        R"({"api_keys":["[REDACTED]", "[REDACTED]",null]})");
  CHECK(without_secrets(R"({"arguments":"{\"secret\":7}"})") ==
        R"({"arguments":"{\"secret\":\"[REDACTED]\"}"})");
  CHECK(without_secrets(R"({"secret":12)") == R"({"secret":"[REDACTED]")");
}

TEST_CASE("of a name that tells of a secret and a value beside it the value is not kept",
          "[capture]") {
  CHECK(without_secrets(R"({"name":"api_key","value":"sk"})") ==
        R"({"name":"api_key","value":"[REDACTED]"})");
  CHECK(without_secrets(R"({"value" : "sk", "x":{"y":"z"}, "Name":"Authorization"})") ==
        R"({"value" : "[REDACTED]", "x":{"y":"z"}, "Name":"Authorization"})");
  CHECK(without_secrets(R"([{"name":"A","value":"b"},{"header":"Cookie","value":7}])") ==
        R"([{"name":"A","value":"b"},{"header":"Cookie","value":"[REDACTED]"}])");
  CHECK(without_secrets(R"({"key":"HF_TOKEN","value":["a",{"b":"c"}]})") ==
        R"({"key":"[REDACTED]","value":["[REDACTED]",{"b":"[REDACTED]"}]})");
  CHECK(without_secrets(R"({"value":{"api_key":"sk","x":"y"},"name":"secret"})") ==
        R"({"value":{"api_key":"[REDACTED]","x":"[REDACTED]"},"name":"secret"})");
  CHECK(without_secrets(R"({"arguments":"[{\"name\":\"token\",\"value\":\"sk\"}]"})") ==
        R"({"arguments":"[{\"name\":\"token\",\"value\":\"[REDACTED]\"}]"})");
  const std::string deep = std::string(100, '{') + R"({"name":"api_key","value":"sk"})";
  CHECK(without_secrets(deep) == deep);
}

TEST_CASE("a variable or a flag of a list is kept without its value", "[capture]") {
  CHECK(without_secrets(R"({"env":["API_KEY=sk","PATH=/bin", "HF_TOKEN=a=\"b"]})") ==
        R"({"env":["API_KEY=[REDACTED]","PATH=/bin", "HF_TOKEN=[REDACTED]"]})");
  CHECK(without_secrets(R"(["--api-key=sk"])") == R"(["--api-key=[REDACTED]"])");
  CHECK(without_secrets(R"({"a":"{\"env\":[\"API_KEY=sk\"]}"})") ==
        R"({"a":"{\"env\":[\"API_KEY=[REDACTED]\"]}"})");
  CHECK(without_secrets(R"({"env":["API_KEY=sk)") == R"({"env":["API_KEY=[REDACTED])");
}

TEST_CASE("what tells of no secret stays as it is", "[capture]") {
  for (
      const char* text :
      {R"({"model":"m","max_tokens":5,"eos_token":"</s>","messages":[{"content":"a \"key\": b"}]})",
       R"({"properties":{"password":{"type":"string","description":"a password"}}})",
       R"({"content":[{"token":"Hi","logprob":-0.1,"bytes":[72,105]}]})", "no JSON at all", "",
       "\"", R"({"token":null,"api_key":true})", R"([{"name":"color","value":"red"}])",
       R"({"name":"set_password","parameters":{"value":"x"}})", R"({"value":"x","nam":"api_key"})",
       R"([{"name":"api_key"},{"value":"x"}])", R"(["A=b","max_tokens=5","API_KEY=",5])",
       R"({"content":"API_KEY=x","a":["b"],"API_KEY=":"x"})", "data: {\"x\":\"y\"}\n\n"}) {
    CHECK(without_secrets(text) == text);
  }
}

TEST_CASE("a capture is kept without credentials, and says if its request lacks something",
          "[capture][Q3]") {
  TrafficCapture capture;
  capture.request_fields = {{"Authorization", "Bearer sk"},
                            {"PROXY-AUTHORIZATION", "x"},
                            {"Cookie", "c"},
                            {"X-Api-Key", "k"},
                            {"api-key", "k"},
                            {"x-goog-api-key", "k"},
                            {"Accept", "*/*"},
                            {"Referer", "http://h/?api_key=sk"}};
  capture.answer_fields = {{"Set-Cookie", "c"}, {"Content-Type", "text/plain"}};
  capture.request = {.bytes = R"({"model":"m"})", .size = 13};
  const TrafficCapture clean = redacted(capture);
  CHECK(clean.request_fields == wire::KeptFields{{"Authorization", "[REDACTED]"},
                                                 {"PROXY-AUTHORIZATION", "[REDACTED]"},
                                                 {"Cookie", "[REDACTED]"},
                                                 {"X-Api-Key", "[REDACTED]"},
                                                 {"api-key", "[REDACTED]"},
                                                 {"x-goog-api-key", "[REDACTED]"},
                                                 {"Accept", "*/*"},
                                                 {"Referer", "http://h/?api_key=***"}});
  CHECK(clean.answer_fields ==
        wire::KeptFields{{"Set-Cookie", "[REDACTED]"}, {"Content-Type", "text/plain"}});
  CHECK_FALSE(clean.is_redacted);
  capture.request = {.bytes = R"({"api_key":"sk-1"})", .size = 18};
  CHECK(redacted(capture).is_redacted);
  CHECK_FALSE(redacted(capture).request.is_truncated());
}

}  // namespace
}  // namespace llmsnap::capture
