// Forms: uploads that name their model in a field, as transcriptions and image edits do.
#include <string>
#include <vector>

#include "catch.h"
#include "support/contains.h"
#include "support/process_config.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

std::string form(const std::string& model, const std::string& file) {
  return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../a.wav\"\r\n"
         "Content-Type: audio/wav\r\n\r\n" +
         file + "\r\n--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n" + model +
         "\r\n--b\r\nContent-Disposition: form-data; name=\"language\"\r\n\r\nde\r\n--b--\r\n";
}

std::string upload(const std::string& body, const std::string& path = "/v1/audio/transcriptions") {
  return "POST " + path +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

}  // namespace

TEST_CASE("a form goes to the model that it names, byte for byte", "[forms][C18]") {
  ScriptedUpstream upstream(always(plain_answer("{\"text\":\"hello\"}")));
  TestGateway gateway(config_for(upstream.url()));
  const std::string path = GENERATE("/v1/audio/transcriptions", "/v1/images/edits");
  const std::string sent = form("m", std::string("\0\r\n--\r\n--a\xff", 11));
  const ReceivedAnswer answer = exchange(gateway.port(), upload(sent, path));
  CHECK(answer.status == 200);
  CHECK(answer.body == "{\"text\":\"hello\"}");
  REQUIRE(upstream.received().size() == 1);
  CHECK(upstream.received().front().starts_with("POST " + path + " HTTP/1.1\r\n"));
  CHECK(body_of(upstream.received().front()) == sent);
  CHECK(gateway.wait_for_records(1).front().model == "m");
}

TEST_CASE("the model of a form is renamed where its server knows another name", "[forms]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.models["m"].use_model_name = "whisper/large";
  config.models["m"].aliases = {"whisper-1"};
  TestGateway gateway(config);
  // In memory, and in a file.
  const std::size_t size = GENERATE(std::size_t{10}, std::size_t{3} << 20);
  const std::string file(size, 'x');
  CHECK(exchange(gateway.port(), upload(form("whisper-1", file))).status == 200);
  REQUIRE(upstream.received().size() == 1);
  const std::string expected = form("whisper/large", file);
  CHECK((body_of(upstream.received().front()) == expected));
  CHECK(contains(upstream.received().front(),
                 "Content-Length: " + std::to_string(expected.size()) + "\r\n"));
  const TrafficRecord record = gateway.wait_for_records(1).front();
  CHECK(record.requested_model == "whisper-1");
  CHECK(record.model == "m");
}

TEST_CASE("a form is sent whole to the next target where the first refuses", "[forms]") {
  ScriptedUpstream busy(always("HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n"));
  ScriptedUpstream good(always(plain_answer("{}")));
  Config config = config_for(busy.url());
  config.models["n"].id = "n";
  config.models["n"].proxy = good.url();
  SelectorConfig& selector = config.selectors["any"];
  selector.strategy = SelectorStrategy::Warm;
  selector.targets = selector.target_names = {"m", "n"};
  TestGateway gateway(config);
  CHECK(exchange(gateway.port(), upload(form("any", "sound"))).status == 200);
  REQUIRE(good.received().size() == 1);
  CHECK(body_of(good.received().front()) == form("n", "sound"));
}

TEST_CASE("a form where JSON belongs is a bad request", "[forms][C19]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  for (const std::string path : {"/v1/chat/completions", "/v1/embeddings", "/models/load"}) {
    const ReceivedAnswer answer = exchange(gateway.port(), upload(form("m", "x"), path));
    CHECK(answer.status == 400);
    CHECK(contains(answer.body, "\"message\""));
  }
  CHECK(upstream.received().empty());
}

TEST_CASE("what is no form, or names no model, starts nothing", "[forms][C18]") {
  ProcessGateway gateway({process_model("m")});
  const ReceivedAnswer no_model = exchange(gateway.port(), upload("--b--\r\n"));
  CHECK(no_model.status == 400);
  CHECK(contains(no_model.body, "missing or invalid 'model' parameter in form data"));
  const ReceivedAnswer broken = exchange(gateway.port(), upload("--b\r\n"));
  CHECK(broken.status == 400);
  CHECK(contains(broken.body, "error parsing multipart form"));
  const ReceivedAnswer unknown = exchange(gateway.port(), upload(form("x", "y")));
  CHECK(unknown.status == 404);
  const ReceivedAnswer json =
      exchange(gateway.port(),
               "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
               "application/json\r\nContent-Length: 13\r\n\r\n{\"model\":\"m\"}");
  CHECK(json.status == 400);
  CHECK(contains(json.body, "multipart/form-data"));
  CHECK(gateway.history().events().empty());
}
