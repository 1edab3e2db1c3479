#include "http/request_body.h"

#include "catch.h"
#include "scripted_stream.h"

using namespace llmsnap;
using namespace llmsnap::http;
using llmsnap::test::ScriptedStream;

namespace {

constexpr BodyDeadlines Unhurried{std::chrono::seconds(10), std::chrono::seconds(10)};

wire::RequestHead head_with(wire::Framing framing, std::uint64_t length = 0) {
  wire::RequestHead head;
  head.framing = framing;
  head.content_length = length;
  return head;
}

struct Outcome {
  std::string bytes;
  std::optional<ErrorCode> error;
};

Outcome pull_all(RequestBody& body) {
  Outcome outcome;
  for (;;) {
    const Result<std::string_view> piece = body.pull();
    if (!piece) {
      outcome.error = piece.error().code;
      return outcome;
    }
    if (piece->empty()) {
      return outcome;
    }
    outcome.bytes += *piece;
  }
}

}  // namespace

TEST_CASE("a body of known length ends after it and leaves the next request alone", "[http]") {
  ScriptedStream stream;
  stream.reads = {"hel", "loGET /next"};
  ReadBuffer buffer;
  RequestBody body(stream, buffer, head_with(wire::Framing::Length, 5), Unhurried);
  CHECK(body.length() == 5);
  const Outcome outcome = pull_all(body);
  CHECK(outcome.bytes == "hello");
  CHECK_FALSE(outcome.error);
  CHECK(body.drain(0));
  CHECK(buffer.unread() == "GET /next");
}

TEST_CASE("a chunked body ends after its trailers and leaves the next request alone", "[http]") {
  ScriptedStream stream;
  stream.reads = {"3\r\nab", "c\r\n2\r\nde\r", "\n0\r\nX: y\r\n\r\nGET /next"};
  ReadBuffer buffer;
  RequestBody body(stream, buffer, head_with(wire::Framing::Chunked), Unhurried);
  CHECK_FALSE(body.length());
  CHECK(pull_all(body).bytes == "abcde");
  CHECK(body.drain(0));
  CHECK(buffer.unread() == "GET /next");
}

TEST_CASE("a body that stops early is a client that left, never a shorter body", "[http]") {
  ScriptedStream stream;
  stream.reads = {"hel"};
  ReadBuffer buffer;
  RequestBody body(stream, buffer, head_with(wire::Framing::Length, 5), Unhurried);
  const Outcome outcome = pull_all(body);
  CHECK(outcome.error == ErrorCode::ClientLeft);
  CHECK(body.loses_connection());
  CHECK_FALSE(body.drain(1000));
}

TEST_CASE("broken chunks are a bad request that ends the connection", "[http]") {
  ScriptedStream stream;
  stream.reads = {"3\r\nabcXX"};
  ReadBuffer buffer;
  RequestBody body(stream, buffer, head_with(wire::Framing::Chunked), Unhurried);
  CHECK(pull_all(body).error == ErrorCode::BadRequest);
  CHECK(body.loses_connection());
}

TEST_CASE("what nobody pulled is drained up to a limit", "[http]") {
  ScriptedStream stream;
  stream.reads = {std::string(1000, 'x') + "GET /next"};
  ReadBuffer buffer;
  RequestBody body(stream, buffer, head_with(wire::Framing::Length, 1000), Unhurried);
  SECTION("that it fits") {
    CHECK(body.drain(1000));
    CHECK(buffer.unread() == "GET /next");
  }
  SECTION("that it exceeds") {
    CHECK_FALSE(body.drain(999));
  }
}

TEST_CASE("100 Continue is sent at the first pull, once, and not to a client that sends already",
          "[http]") {
  const bool sends_already = GENERATE(true, false);
  ScriptedStream stream;
  ReadBuffer buffer;
  stream.reads = {"hello"};
  if (sends_already) {
    const std::span<char> space = buffer.space(2);
    space[0] = 'h';
    space[1] = 'e';
    buffer.commit(2);
    stream.reads = {"llo"};
  }
  wire::RequestHead head = head_with(wire::Framing::Length, 5);
  head.expect_continue = true;
  RequestBody body(stream, buffer, head, Unhurried);
  CHECK(body.loses_connection());
  CHECK(pull_all(body).bytes == "hello");
  CHECK(stream.written == (sends_already ? "" : "HTTP/1.1 100 Continue\r\n\r\n"));
  CHECK_FALSE(body.loses_connection());
}
