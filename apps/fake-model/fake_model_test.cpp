#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.h"
#include "json_scan.h"
#include "model.h"
#include "request_reader.h"
#include "routes.h"

namespace fake_model {
namespace {

using Outcome = RequestReader::Outcome;

Request request_of(std::string method, std::string target, std::string body = "") {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  return request;
}

Answer answer_of(const Request& request, const Model& model = {}) {
  Routes routes(model);
  Answer answer = routes.answer(request);
  answer.in_work.reset();
  return answer;
}

std::string drain(const Answer& answer) {
  std::string all;
  while (answer.next_piece(all)) {
  }
  return all;
}

// The requests that are read when the bytes come in pieces of that size.
std::vector<Request> read_in_pieces(std::string_view bytes, std::size_t size) {
  RequestReader reader;
  std::vector<Request> requests;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    reader.append(bytes.substr(0, size));
    while (reader.read() == Outcome::Complete) {
      requests.push_back(reader.take());
    }
  }
  return requests;
}

TEST_CASE("a request is read the same whole and byte by byte", "[fake-model]") {
  const std::string bytes =
      "POST /echo?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
      "POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\n"
      "Trailer: 1\r\n\r\n"
      "GET /c HTTP/1.0\r\n\r\n";
  const std::size_t step = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{1000});
  const auto requests = read_in_pieces(bytes, step);
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].body == "hello");
  CHECK(requests[0].path() == "/echo");
  CHECK(requests[0].field("HOST") == "x");
  CHECK(requests[1].body == "abcde");
  CHECK(requests[1].keep_alive);
  CHECK_FALSE(requests[2].keep_alive);
}

TEST_CASE("a malformed request is refused with the status that says why", "[fake-model]") {
  struct Case {
    std::string bytes;
    int status;
  };
  const auto row = GENERATE(
      Case{"GET\r\n\r\n", 400}, Case{"GET / HTTP/2\r\n\r\n", 400},
      Case{"GET / HTTP/1.1\r\nA : b\r\n\r\n", 400},
      Case{"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
      Case{"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      Case{"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      Case{"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
      Case{"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", 400},
      Case{"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413},
      Case{"GET / HTTP/1.1\r\nA: " + std::string(70'000, 'a'), 431});
  RequestReader reader;
  reader.append(row.bytes);
  CAPTURE(row.bytes.substr(0, 80));
  REQUIRE(reader.read() == Outcome::Refused);
  CHECK(reader.refusal_status() == row.status);
}

TEST_CASE("a wish for 100-continue is told once", "[fake-model]") {
  RequestReader reader;
  reader.append("POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n");
  REQUIRE(reader.read() == Outcome::NeedsMore);
  CHECK(reader.take_continue_wish());
  CHECK_FALSE(reader.take_continue_wish());
}

TEST_CASE("members are found at the top level only", "[fake-model]") {
  const std::string_view text =
      R"( {"a":{"model":"inner"}, "s":"x\"},{", "model" : "outer" ,"n":12, "stream":true} )";
  CHECK(json_text(text, "model") == "outer");
  CHECK(json_count(text, "n") == std::size_t{12});
  CHECK(json_true(text, "stream"));
  CHECK_FALSE(json_member(text, "missing").has_value());
  CHECK_FALSE(json_member(R"(["model"])", "model").has_value());
  CHECK_FALSE(json_member(R"({"model)", "model").has_value());
}

TEST_CASE("broken JSON never reads beyond its end", "[fake-model]") {
  const std::string text = R"({"a":[1,{"b":"\u00e9\""}],"model":"m"})";
  for (std::size_t length = 0; length < text.size(); ++length) {
    const std::string cut = text.substr(0, length);
    CHECK_FALSE(json_text(cut, "model") == "m\"");
    json_elements(cut);
  }
}

TEST_CASE("quoted text is valid JSON whatever its bytes", "[fake-model]") {
  CHECK(json_quote("a\"\\\n\x01") == "\"a\\\"\\\\\\n\\u0001\"");
  CHECK(json_quote("\xc3\xa9") == "\"\xc3\xa9\"");
  CHECK(json_quote("\xff\xed\xa0\x80") == "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
}

TEST_CASE("a chat stream ends with its reason, usage with timings, and DONE", "[fake-model]") {
  Model model;
  model.tokens = 3;
  const Answer answer = answer_of(
      request_of("POST", "/v1/chat/completions", R"({"model":"m","stream":true})"), model);
  REQUIRE(answer.content_type == "text/event-stream");
  const std::string all = drain(answer);
  const auto reason = all.find(R"("finish_reason":"stop")");
  const auto usage = all.find(R"("completion_tokens":3)");
  const auto timings = all.find(R"("predicted_n":3)");
  REQUIRE(reason != std::string::npos);
  REQUIRE(usage != std::string::npos);
  CHECK(reason < usage);
  CHECK(usage < timings);
  CHECK(all.ends_with("data: [DONE]\n\n"));
}

TEST_CASE("an Anthropic stream has its events in order", "[fake-model]") {
  Model model;
  model.tokens = 2;
  const std::string all =
      drain(answer_of(request_of("POST", "/v1/messages", R"({"model":"m","stream":true})"), model));
  std::size_t at = 0;
  for (const char* event : {"message_start", "content_block_start", "content_block_delta",
                            "content_block_stop", "message_delta", "message_stop"}) {
    CAPTURE(event);
    at = all.find(std::string("event: ") + event, at);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("the client's limit shortens the answer and is its reason", "[fake-model]") {
  const auto answer =
      answer_of(request_of("POST", "/v1/chat/completions", R"({"model":"m","max_tokens":2})"));
  CHECK(answer.body.find(R"("finish_reason":"length")") != std::string::npos);
  CHECK(answer.body.find(R"("completion_tokens":2)") != std::string::npos);
}

TEST_CASE("every input of an embedding request gets a vector", "[fake-model]") {
  struct Case {
    std::string input;
    std::size_t vectors;
  };
  const auto row = GENERATE(Case{R"("a")", 1}, Case{R"(["a","b","c"])", 3}, Case{"[1,2,3]", 1},
                            Case{"[[1,2],[3]]", 2});
  const auto answer =
      answer_of(request_of("POST", "/v1/embeddings", R"({"model":"m","input":)" + row.input + "}"));
  CAPTURE(row.input);
  CHECK(json_elements(*json_member(answer.body, "data")) == row.vectors);
}

TEST_CASE("paths and methods that do not exist are told apart", "[fake-model]") {
  CHECK(answer_of(request_of("GET", "/nowhere")).status == 404);
  CHECK(answer_of(request_of("GET", "/v1/messages")).status == 405);
  CHECK(answer_of(request_of("HEAD", "/health")).status == 200);
  CHECK(answer_of(request_of("PUT", "/echo?x", "abc")).body.find(R"("body_length":3)") !=
        std::string::npos);
}

TEST_CASE("a model that loads says so", "[fake-model]") {
  Model model;
  model.ready_at = std::chrono::steady_clock::time_point::max();
  CHECK(answer_of(request_of("GET", "/health"), model).status == 503);
}

}  // namespace
}  // namespace fake_model
