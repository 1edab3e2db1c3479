#include "http/response_writer.h"

#include "api/text_body.h"
#include "catch.h"
#include "scripted_stream.h"

using namespace llmsnap;
using namespace llmsnap::http;
using llmsnap::test::ScriptedStream;

namespace {

constexpr auto Date = "Sun, 06 Nov 1994 08:49:37 GMT";

api::Answer answer_of(int status, std::optional<std::uint64_t> length) {
  api::Answer answer;
  answer.status = status;
  answer.fields = {{"X-A", "b"}};
  answer.body = std::make_unique<api::TextBody>("");
  answer.length = length;
  return answer;
}

/// What leaves for these pieces.
std::string written(const api::Answer& answer, Addressee addressee,
                    std::vector<std::string_view> pieces, bool* reusable = nullptr) {
  ScriptedStream stream;
  ResponseWriter writer(stream, std::chrono::seconds(1));
  writer.start(answer, addressee, true, Date);
  for (std::string_view piece : writer.wants_body() ? pieces : std::vector<std::string_view>()) {
    writer.piece(piece);
  }
  writer.finish({});
  if (reusable != nullptr) {
    *reusable = writer.reusable();
  }
  return stream.written;
}

std::string head(const std::string& line, const std::string& framing) {
  return "HTTP/1.1 " + line + "\r\nX-A: b\r\nDate: " + Date + "\r\n" + framing + "\r\n";
}

}  // namespace

TEST_CASE("each kind of answer leaves with its framing", "[http]") {
  bool reusable = false;
  CHECK(written(answer_of(200, 5), {}, {"he", "llo"}, &reusable) ==
        head("200 OK", "Content-Length: 5\r\n") + "hello");
  CHECK(reusable);
  CHECK(written(answer_of(200, 0), {}, {}) == head("200 OK", "Content-Length: 0\r\n"));
  CHECK(written(answer_of(200, std::nullopt), {},
                {"abc", "", std::string_view("0123456789abcdef")}) ==
        head("200 OK", "Transfer-Encoding: chunked\r\n") +
            "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n");
  CHECK(written(answer_of(200, std::nullopt), {false, 0, false}, {"abc"}, &reusable) ==
        head("200 OK", "Connection: close\r\n") + "abc");
  CHECK_FALSE(reusable);
  CHECK(written(answer_of(200, 3), {false, 0, false}, {"abc"}) ==
        head("200 OK", "Content-Length: 3\r\nConnection: keep-alive\r\n") + "abc");
  CHECK(written(answer_of(204, std::nullopt), {}, {"x"}) == head("204 No Content", ""));
  CHECK(written(answer_of(304, 500), {}, {"x"}) == head("304 Not Modified", ""));
  CHECK(written(answer_of(200, 77), {true, 1, false}, {"x"}) ==
        head("200 OK", "Content-Length: 77\r\n"));
  CHECK(written(answer_of(299, 0), {}, {}) == head("299 ", "Content-Length: 0\r\n"));
}

TEST_CASE("an answer longer or shorter than announced is never reused and never complete",
          "[http]") {
  ScriptedStream stream;
  ResponseWriter writer(stream, std::chrono::seconds(1));
  writer.start(answer_of(200, 5), {}, true, Date);
  SECTION("longer") {
    CHECK_FALSE(writer.piece("hello world"));
    CHECK(stream.written == head("200 OK", "Content-Length: 5\r\n") + "hello");
  }
  SECTION("shorter") {
    CHECK(writer.piece("hel"));
    CHECK_FALSE(writer.finish({}));
  }
  CHECK_FALSE(writer.reusable());
}

TEST_CASE("head and first piece leave in one write", "[http]") {
  ScriptedStream stream;
  ResponseWriter writer(stream, std::chrono::seconds(1));
  writer.start(answer_of(200, 5), {}, true, Date);
  CHECK(writer.unsent());
  writer.piece("hello");
  CHECK_FALSE(writer.unsent());
  CHECK(stream.writes == 1);
  CHECK(writer.body_bytes() == 5);
}

TEST_CASE("a broken answer that would end by closing is reset instead", "[http]") {
  ScriptedStream stream;
  ResponseWriter writer(stream, std::chrono::seconds(1));
  writer.start(answer_of(200, std::nullopt), {false, 0, false}, true, Date);
  writer.piece("abc");
  writer.break_off();
  CHECK(stream.aborted);
}

TEST_CASE("a client that is gone is told by piece and finish", "[http]") {
  ScriptedStream stream;
  stream.broken = true;
  ResponseWriter writer(stream, std::chrono::seconds(1));
  writer.start(answer_of(200, 5), {}, true, Date);
  CHECK_FALSE(writer.piece("hello"));
  CHECK(writer.failure().status == io::IoStatus::Failed);
  CHECK_FALSE(writer.finish({}));
  CHECK_FALSE(writer.reusable());
}

TEST_CASE("trailers leave behind the last chunk for a client that wants them", "[http]") {
  ScriptedStream stream;
  ResponseWriter writer(stream, std::chrono::seconds(1));
  const std::vector<std::pair<std::string, std::string>> trailers{{"X-Sum", "7"}};
  const bool wants = GENERATE(true, false);
  writer.start(answer_of(200, std::nullopt), {false, 1, wants}, true, Date);
  writer.piece("a");
  CHECK(writer.finish(trailers));
  CHECK(stream.written.substr(stream.written.find("\r\n\r\n") + 4) ==
        (wants ? "1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n" : "1\r\na\r\n0\r\n\r\n"));
}
