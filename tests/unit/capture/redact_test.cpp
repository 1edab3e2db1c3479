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
       R"({"content":[{"token":"Hi","logprob":-0.1,"bytes":[72,105]}]})",
       R"([{"id":1,"token":"Hi","bytes":[72,105],"prob":0.5}])",
       R"({"properties":{"password":{"description":"d","type":"string"}}})", "no JSON at all", "",
       "\"", R"({"token":null,"api_key":true})", R"([{"name":"color","value":"red"}])",
       R"({"name":"set_password","parameters":{"value":"x"}})", R"({"value":"x","nam":"api_key"})",
       R"([{"name":"api_key"},{"value":"x"}])", R"(["A=b","max_tokens=5","API_KEY=",5])",
       R"({"content":"API_KEY=x","a":["b"],"API_KEY=":"x"})", "data: {\"x\":\"y\"}\n\n"}) {
    CHECK(without_secrets(text) == text);
  }
}

TEST_CASE("what stands behind a secret makes none of it", "[capture]") {
  for (const char* text : {
           R"({"token":"sk","logprobs":true})",
           R"({"token":"sk"},{"logprob":1})",
           R"({"api_keys":{"openai":"sk"},"type":"string"})",
           R"({"credentials":{"user":"sk"},"response_format":{"type":"string"}})",
           R"({"credentials":{"type":"basic","user":"sk"}})",
           R"({"api_key":{"type":"string","value":"sk"}})",
           R"({"passwords":"sk"})",
           R"({"api_key ":"sk"})",
           R"({"api_key\u0000":"sk"})",
       }) {
    CAPTURE(text);
    CHECK(without_secrets(text).find("sk") == std::string::npos);
  }
}

TEST_CASE("JSON within a text of JSON is read within that text alone", "[capture]") {
  CHECK(without_secrets(R"({"messages":[{"content":"a 6\" pipe"},{"tool_calls":[{"function":)"
                        R"({"arguments":"{\"password\":\"sk-live\"}"}}]}]})") ==
        R"({"messages":[{"content":"a 6\" pipe"},{"tool_calls":[{"function":)"
        R"({"arguments":"{\"password\":\"[REDACTED]\"}"}}]}]})");
  const std::string prose = R"({"messages":[{"content":"\")" + std::string(70, '{') + R"("},)";
  CHECK(without_secrets(prose + R"({"a":"{\"name\":\"token\",\"value\":\"sk\"}"}]})") ==
        prose + R"({"a":"{\"name\":\"token\",\"value\":\"[REDACTED]\"}"}]})");
  CHECK(without_secrets(R"({"a":"\"password\":","b":"\"c\""})") ==
        R"({"a":"\"password\":","b":"\"c\""})");
  CHECK(without_secrets(R"({"a":"{\"password\":\"sk","b":"c"})") ==
        R"({"a":"{\"password\":\"[REDACTED]\"","b":"c"})");
}

TEST_CASE("a string within a text of JSON ends where its own quote is", "[capture]") {
  CHECK(without_secrets(R"({"arguments":"{\"note\":\"say \\\"hi\",\"password\":\"sk\"}"})") ==
        R"({"arguments":"{\"note\":\"say \\\"hi\",\"password\":\"[REDACTED]\"}"})");
  CHECK(without_secrets(R"({"arguments":"{\"password\":\"p\\\"w-tail\"}"})") ==
        R"({"arguments":"{\"password\":\"[REDACTED]\"}"})");
  CHECK(without_secrets(R"({"arguments":"{\"password\":\"p\\\\\",\"a\":\"b\"}"})") ==
        R"({"arguments":"{\"password\":\"[REDACTED]\",\"a\":\"b\"}"})");
  CHECK(without_secrets(R"(["{\"a\":\"{\\\"secret\\\":\\\"p\\\\\\\"w\\\"}\"}"])") ==
        R"(["{\"a\":\"{\\\"secret\\\":\\\"[REDACTED]\\\"}\"}"])");
}

TEST_CASE("what a string escapes is read as what it means", "[capture]") {
  CHECK(without_secrets(R"({"arguments":"{\n \"env\": [\n  \"API_KEY=sk\"\n ]\n}"})") ==
        R"({"arguments":"{\n \"env\": [\n  \"API_KEY=[REDACTED]\"\n ]\n}"})");
  CHECK(without_secrets(R"({"a":"{\r\n\t\"password\"\n:\t\"sk\"}"})") ==
        R"({"a":"{\r\n\t\"password\"\n:\t\"[REDACTED]\"}"})");
  CHECK(without_secrets(R"(["{\"a\":\"{\\n\\\"password\\\":\\n\\t7}\"}"])") ==
        R"(["{\"a\":\"{\\n\\\"password\\\":\\n\\t\\\"[REDACTED]\\\"}\"}"])");
  CHECK(without_secrets(R"({"a":"{\u0022password\u0022:\u0022sk\u0022,\u0022n\u0022:1}"})") ==
        R"({"a":"{\u0022password\u0022:\"[REDACTED]\",\u0022n\u0022:1}"})");
  CHECK(without_secrets(R"(["API_KEY\u003dsk"])") == R"(["API_KEY\u003d[REDACTED]"])");
  CHECK(without_secrets(R"({"a":"{\"api_k\u0065y\":\"b\",\"api_k\\u0065y\":\"c\"}"})") ==
        R"({"a":"{\"api_k\u0065y\":\"[REDACTED]\",\"api_k\\u0065y\":\"[REDACTED]\"}"})");
  const std::string schema =
      R"({"a":"{\u0022password\u0022:{\n \u0022type\u0022:\u0022string\u0022}}"})";
  CHECK(without_secrets(schema) == schema);
}

TEST_CASE("a quote too many in one event of a stream hides no secret of the next", "[capture]") {
  CHECK(without_secrets("data: {\"a\":\"b\n\ndata: {\"password\":\"sk\"}\n\n") ==
        "data: {\"a\":\"b\n\ndata: {\"password\":\"[REDACTED]\"}\n\n");
}

TEST_CASE("of a secret list or object with many items one text is left", "[capture]") {
  CHECK(without_secrets(R"({"api_keys":[1,2,3,4,5,6,7,8],"a":1})") ==
        R"({"api_keys":["[REDACTED]","[REDACTED]","[REDACTED]","[REDACTED]",)"
        R"("[REDACTED]","[REDACTED]","[REDACTED]","[REDACTED]"],"a":1})");
  CHECK(without_secrets(R"({"api_keys":[1,2,3,4,[5,{"a":6}],7,8, "9" ],"a":1})") ==
        R"({"api_keys":"[REDACTED]","a":1})");
  CHECK(without_secrets(R"({"a":"{\"value\":[1,2,3,4,5,6,7,8,9],\"name\":\"secret\"}"})") ==
        R"({"a":"{\"value\":\"[REDACTED]\",\"name\":\"secret\"}"})");
}

TEST_CASE("of secrets within one another the outermost goes", "[capture]") {
  CHECK(without_secrets(R"({"value":{"value":["a","b"],"name":"secret"},"key":"token","c":"d"})") ==
        R"({"value":{"value":["[REDACTED]","[REDACTED]"],"name":"[REDACTED]"},)"
        R"("key":"[REDACTED]","c":"d"})");
  CHECK(without_secrets(R"({"value":"{\"password\":\"a\",\"n\":1}","header":"Cookie"})") ==
        R"({"value":"[REDACTED]","header":"Cookie"})");
  CHECK(without_secrets(R"(["A_KEY={\"password\":\"a\",\"n\":1}","b"])") ==
        R"(["A_KEY=[REDACTED]","b"])");
  CHECK(without_secrets(R"({"secret":{"{\"password\":\"a\"}":null}})") ==
        R"({"secret":{"[REDACTED]":null}})");
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
