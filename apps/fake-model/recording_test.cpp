#include "recording.h"

#include <fstream>

#include "behaviour.h"
#include "catch.h"
#include "routes.h"
#include "running_model.h"
#include "support/temporary_folder.h"

namespace fake_model {
namespace {

using namespace std::chrono_literals;

constexpr const char* Capture =
    R"({"id":7,"req_path":"/v1/responses","req_headers":{},"req_body":"","method":"POST",)"
    R"("resp_headers":{"content-type":"text/event-stream"},"resp_body":"YWJjZGU=","status":200,)"
    R"("resp_pieces":[{"at_ms":120.5,"bytes":2},{"at_ms":220.5,"bytes":3}]})";

TEST_CASE("a capture's answer is given again, each piece when it came", "[fake-model]") {
  Behaviour behaviour;
  behaviour.recording = std::make_shared<const Recording>(parse_recording(Capture).value());
  Routes routes({}, behaviour);
  Request request;
  request.method = "POST";
  request.target = GENERATE("/v1/responses", "/v1/chat/completions");
  request.body = R"({"model":"m"})";
  Answer answer = routes.answer(request);
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "text/event-stream");
  CHECK(answer.delay == 120500us);
  CHECK(answer.intervals == std::vector<std::chrono::nanoseconds>{100ms});
  std::string piece;
  CHECK(answer.next_piece(piece));
  CHECK(piece == "ab");
  CHECK_FALSE(answer.next_piece(piece));
  CHECK(piece == "abcde");
  answer.in_work.reset();
}

TEST_CASE("an answer that broke is given again broken, before its first piece too",
          "[fake-model]") {
  const auto [pieces, body] = GENERATE(table<std::string, std::string>(
      {{R"([{"at_ms":0,"bytes":2},{"at_ms":0,"bytes":3}])", "2\r\nab\r\n3\r\ncde\r\n"},
       {"[]", ""}}));
  const llmsnap::test::TemporaryFolder folder;
  const std::string capture = folder.path("capture");
  std::ofstream(capture)
      << R"({"req_path":"/v1/responses","resp_headers":{},"resp_body":"YWJjZGU=",)"
      << R"("resp_broken":true,"resp_pieces":)" << pieces << '}';
  RunningModel model({"--replay", capture});
  Client client(model.port());
  client.send(
      "POST /v1/responses HTTP/1.1\r\nHost: h\r\nContent-Length: 13\r\n\r\n{\"model\":\"m\"}");
  const std::string answer = client.receive_all();
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(answer.substr(answer.find("\r\n\r\n") + 4) == body);
}

TEST_CASE("what is no capture is told from one", "[fake-model]") {
  CHECK_FALSE(parse_recording("no JSON"));
  CHECK_FALSE(parse_recording("{}"));
  CHECK_FALSE(parse_recording(R"({"req_path":"/x","resp_headers":{},"resp_body":"","status":0})"));
  CHECK(parse_recording(R"({"req_path":"/x","resp_headers":{},"resp_body":""})"));
}

}  // namespace
}  // namespace fake_model
