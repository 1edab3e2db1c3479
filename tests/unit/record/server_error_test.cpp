#include "record/server_error.h"

#include <string>
#include <string_view>

#include "catch.h"

using llmsnap::record::server_error;

TEST_CASE("the first text at error.message, error, message and detail is the error's", "[record]") {
  struct Row {
    std::string_view body;
    const char* text;
  };
  const Row row = GENERATE(
      values<Row>({{R"({"error":{"message":"out of memory","code":500}})", "out of memory"},
                   {R"({"error":"out of memory"})", "out of memory"},
                   {R"({"message":"out of memory"})", "out of memory"},
                   {R"({"detail":"out of memory","x":1})", "out of memory"},
                   {R"({"error":{"message":"first"},"message":"second"})", "first"},
                   {R"({"error":{"code":1},"message":"second"})", "second"},
                   {R"({"error":{"message":" \n"},"detail":"third"})", "third"},
                   {R"({"error":{"message":7}})", "502 Bad Gateway"},
                   {R"({"error":{"code":1}})", "502 Bad Gateway"},
                   {R"({"detail":[{"msg":"x"}]})", "502 Bad Gateway"},
                   {R"({"error":{"message":"cut o)", "502 Bad Gateway"},
                   {R"(["message"])", "502 Bad Gateway"},
                   {"<html>oops</html>", "502 Bad Gateway"},
                   {"", "502 Bad Gateway"}}));
  INFO(row.body);
  CHECK(server_error({.status = 502, .reason = "Bad Gateway", .body = row.body}) == row.text);
}

TEST_CASE("an error without text is told by its status", "[record]") {
  CHECK(server_error({.status = 599, .reason = ""}) == "HTTP 599");
  CHECK(server_error({.status = 599, .reason = "\xff\xfe"}) == "HTTP 599");
  CHECK(server_error({.status = 500, .reason = "Broken", .broken_body = true}) ==
        "response decode failed");
}

TEST_CASE("the key that the server was shown is not repeated", "[record]") {
  const llmsnap::wire::ServerKey key("sesame");
  const llmsnap::wire::ServerKey none;
  const std::string body = R"({"error":"sesame is no key: sesame"})";
  CHECK(server_error({.status = 401, .body = body, .key = &key}) == "*** is no key: ***");
  CHECK(server_error({.status = 401, .body = body, .key = &none}) == "sesame is no key: sesame");
  const std::string cut = R"({"error":")" + std::string(496, 'x') + R"(sesame"})";
  CHECK(server_error({.status = 401, .body = cut, .key = &key}) == std::string(496, 'x') + "***");
}

TEST_CASE("a long error is cut between two characters", "[record]") {
  const std::string body = R"({"error":")" + std::string(499, 'x') + "\u00e9" + R"(yz"})";
  CHECK(server_error({.status = 500, .body = body}) == std::string(499, 'x') + "...");
  const std::string fits = R"({"error":")" + std::string(500, 'x') + R"("})";
  CHECK(server_error({.status = 500, .body = fits}) == std::string(500, 'x'));
}
