#include "upstream/request_sender.h"

#include <string>

#include "catch.h"
#include "scripted_body.h"
#include "scripted_stream.h"

using namespace llmsnap;
using namespace llmsnap::upstream;

namespace {

const Url Server{Url::Scheme::Http, "127.0.0.1", 5800, "", ""};
const std::string Refusal = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n";

struct Sent {
  std::optional<SendEnd> end;
  std::optional<Error> error;
  std::string broken;
  bool heard_anything = false;
  int status = 0;
};

Sent send(StreamScript& script, BodySource* body) {
  BlockList blocks;
  ScriptedStream stream(script);
  AnswerReader reader(blocks, Server, {});
  const OutgoingRequest request{Server, "POST", "/", {}, body, {}, {}};
  RequestSender sender(request, stream, reader);
  const Result<SendEnd> end = sender.run();
  Sent sent;
  sent.heard_anything = reader.heard_anything();
  if (!end) {
    sent.error = end.error();
    return sent;
  }
  sent.end = *end;
  if (*end == SendEnd::Broken) {
    sent.broken = sender.broken().message;
  } else if (*end == SendEnd::AnsweredEarly) {
    sent.status = reader.head().status;
  }
  return sent;
}

std::string head_with_length(std::size_t length) {
  return "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

}  // namespace

TEST_CASE("head and a small body go out in one write", "[upstream]") {
  StreamScript script;
  ScriptedBody body({"hello"});
  CHECK(send(script, &body).end == SendEnd::Complete);
  CHECK(script.written == head_with_length(5) + "hello");
  CHECK(script.writes == 1);
  CHECK(body.pulls == 1);
}

TEST_CASE("a body of any division arrives whole", "[upstream]") {
  const std::string long_piece(100'000, 'x');
  StreamScript script;
  SECTION("by length") {
    ScriptedBody body({"ab", long_piece, "c"});
    CHECK(send(script, &body).end == SendEnd::Complete);
    CHECK(script.written == head_with_length(100'003) + "ab" + long_piece + "c");
  }
  SECTION("in chunks") {
    ScriptedBody body({"ab", long_piece, "c"});
    body.announced.reset();
    CHECK(send(script, &body).end == SendEnd::Complete);
    CHECK(script.written ==
          "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n186a0\r\n" + long_piece +
              "\r\n1\r\nc\r\n0\r\n\r\n");
  }
  SECTION("nothing, in chunks") {
    ScriptedBody body({});
    body.announced.reset();
    CHECK(send(script, &body).end == SendEnd::Complete);
    CHECK(script.written == "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  }
  SECTION("nothing, by length") {
    ScriptedBody body({});
    CHECK(send(script, &body).end == SendEnd::Complete);
    CHECK(script.written == head_with_length(0));
    CHECK(body.pulls == 0);
  }
}

TEST_CASE("a final answer stops the sending of a body", "[upstream]") {
  StreamScript script;
  ScriptedBody body({std::string(100'000, 'x'), "never pulled"});
  script.arrivals = {{Refusal, 20'000}};
  const Sent sent = send(script, &body);
  CHECK(sent.end == SendEnd::AnsweredEarly);
  CHECK(sent.status == 413);
  CHECK(script.written.size() < 22'000);
  CHECK(body.pulls == 1);
}

TEST_CASE("an interim answer or half a head does not stop the sending", "[upstream]") {
  StreamScript script;
  ScriptedBody body({std::string(100'000, 'x')});
  SECTION("interim") {
    script.arrivals = {{"HTTP/1.1 100 Continue\r\n\r\n", 20'000},
                       {"HTTP/1.1 102 Processing\r\n\r\n", 30'000}};
  }
  SECTION("half a head") {
    script.arrivals = {{"HTTP/1.1 20", 20'000}};
  }
  CHECK(send(script, &body).end == SendEnd::Complete);
  CHECK(script.written.size() > 100'000);
}

TEST_CASE("a connection that breaks while we send is asked for its answer first", "[upstream]") {
  StreamScript script;
  ScriptedBody body({std::string(100'000, 'x')});
  script.breaks_after = 30'000;
  SECTION("an answer is there") {
    script.arrivals = {{Refusal, StreamScript::Never}};
    CHECK(send(script, &body).status == 413);
  }
  SECTION("no byte of one") {
    const Sent sent = send(script, &body);
    CHECK(sent.end == SendEnd::Broken);
    CHECK_FALSE(sent.heard_anything);
    CHECK(sent.broken == "send the request to http://127.0.0.1:5800: Broken pipe");
  }
  SECTION("half of one") {
    script.arrivals = {{"HTTP/1.1 41", StreamScript::Never}};
    const Sent sent = send(script, &body);
    CHECK(sent.end == SendEnd::Broken);
    CHECK(sent.heard_anything);
  }
  SECTION("at the first write") {
    script.breaks_after = 10;
    script.arrivals = {{Refusal, StreamScript::Never}};
    CHECK(send(script, &body).status == 413);
  }
}

TEST_CASE("a server that closes while we send has broken the connection", "[upstream]") {
  StreamScript script;
  ScriptedBody body({std::string(100'000, 'x')});
  script.ends_after = 20'000;
  const Sent sent = send(script, &body);
  CHECK(sent.end == SendEnd::Broken);
  CHECK(sent.broken ==
        "read the answer of http://127.0.0.1:5800: the connection was closed without an answer");
}

TEST_CASE("what ends a write decides the error's code", "[upstream]") {
  struct Row {
    io::IoStatus status;
    ErrorCode code;
  };
  const auto row = GENERATE(Row{io::IoStatus::Deadline, ErrorCode::UpstreamTimeout},
                            Row{io::IoStatus::ClientLeft, ErrorCode::ClientLeft},
                            Row{io::IoStatus::Shutdown, ErrorCode::ShuttingDown});
  const std::size_t breaks_after = GENERATE(10, 30'000);
  StreamScript script;
  ScriptedBody body({std::string(100'000, 'x')});
  script.breaks_after = breaks_after;
  script.break_status = row.status;
  const Sent sent = send(script, &body);
  REQUIRE(sent.error);
  CHECK(sent.error->code == row.code);
}

TEST_CASE("a body that breaks ends the sending with its own error", "[upstream]") {
  StreamScript script;
  ScriptedBody body({"first"});
  body.announced = 100;
  body.error = Error{ErrorCode::RequestTimeout, "the client stopped sending"};
  const Sent sent = send(script, &body);
  REQUIRE(sent.error);
  CHECK(sent.error->code == ErrorCode::RequestTimeout);
  CHECK(sent.error->message == "the client stopped sending");
}

TEST_CASE("a body of another length than announced is an error", "[upstream]") {
  StreamScript script;
  ScriptedBody body({"hello"});
  body.announced = GENERATE(4, 6);
  const Sent sent = send(script, &body);
  REQUIRE(sent.error);
  CHECK(sent.error->code == ErrorCode::Internal);
}
