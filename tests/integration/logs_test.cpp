// Logs: what the gateway and its models print, for clients to read at once and as it goes on.
#include <fstream>
#include <future>
#include <iterator>
#include <string>

#include "catch.h"
#include "gateway/log_outlets.h"
#include "support/contains.h"
#include "support/process_config.h"
#include "support/temporary_folder.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

std::string get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

/// A model that is ready at once, prints what its script prints, and stays.
ModelConfig printing(const std::string& script) {
  ModelConfig model = command_model("m", "sh -c '" + script + "; exec sleep 60'");
  model.check_endpoint = "none";
  return model;
}

}  // namespace

TEST_CASE("a stream of the gateway's log has the history and goes on", "[logs]") {
  ProcessGateway gateway({process_model("m")});
  gateway.gateway().log(LogLevel::Info, "the first line");
  TestSocket reader = gateway.client(get("/logs/stream/proxy"));
  CHECK(contains(reader.receive_until("the first line\n"), "Content-Type: text/plain"));
  gateway.gateway().log(LogLevel::Warn, "a later line");
  CHECK(contains(reader.receive_until("a later line\n"), " warn  a later line"));
  REQUIRE(gateway.chat().status == 200);
  CHECK(contains(reader.receive_until("\"POST /v1/chat/completions"), "model m: ready after"));
}

TEST_CASE("a stream without history begins with what comes", "[logs]") {
  ProcessGateway gateway({process_model("m")});
  gateway.gateway().log(LogLevel::Info, "of the past");
  REQUIRE(eventually(
      [&gateway] { return contains(exchange(gateway.port(), get("/logs")).body, "of the past"); }));
  TestSocket reader = gateway.client(get("/logs/stream?no-history"));
  reader.receive_until("\r\n\r\n");
  gateway.gateway().log(LogLevel::Info, "of the future");
  CHECK_FALSE(reader.receive_until("of the future\n").find("of the past") != std::string::npos);
}

TEST_CASE("what a model prints is in its own log at once, in that of all models by whole lines",
          "[logs]") {
  ProcessGateway gateway({printing("echo whole; printf begun")});
  TestSocket own = gateway.client(get("/logs/stream/m"));
  TestSocket all = gateway.client(get("/logs/stream/upstream"));
  REQUIRE(gateway.processes().start("m"));
  CHECK(contains(own.receive_until("begun"), "whole\n"));
  CHECK(contains(all.receive_until("whole\n"), "whole"));
  REQUIRE(gateway.processes().stop("m"));
  CHECK(contains(all.receive_until("begun\n"), "begun\n"));
}

TEST_CASE("the log of a model outlives its process", "[logs]") {
  ProcessGateway gateway({command_model("m", "sh -c 'echo last words; exit 3'")});
  CHECK(gateway.chat().status == 502);
  TestSocket reader = gateway.client(get("/logs/stream/m"));
  CHECK(contains(reader.receive_until("last words\n"), "last words"));
}

TEST_CASE("logToStdout chooses what the combined log holds and the host is shown", "[logs]") {
  const ShownLogs shown =
      GENERATE(ShownLogs::Proxy, ShownLogs::Upstream, ShownLogs::Both, ShownLogs::None);
  const bool ours = shown == ShownLogs::Proxy || shown == ShownLogs::Both;
  const bool models = shown == ShownLogs::Upstream || shown == ShownLogs::Both;
  Config config = process_config({printing("echo printed")});
  config.log_to_stdout = shown;
  std::promise<void> printed;
  std::atomic<int> lines_of_ours{0};
  GatewayOptions options = watched_options();
  options.log = [&lines_of_ours](LogLevel, std::string_view) { ++lines_of_ours; };
  options.model_output = [&printed](std::string_view model, std::string_view lines) {
    if (model == "m" && lines == "printed\n") {
      printed.set_value();
    }
  };
  Gateway gateway(std::move(config), std::move(options));
  REQUIRE(gateway.processes().start("m"));
  GatewayRequest request;
  request.target = "/logs/stream/upstream";
  {
    GatewayAnswer all_models = gateway.handle(std::move(request));
    const Result<std::string> piece = all_models.next();
    REQUIRE(piece);
    CHECK(*piece == "printed\n");
  }
  if (models) {
    CHECK(printed.get_future().wait_for(Patience) == std::future_status::ready);
  }
  CHECK(eventually([&lines_of_ours, ours] { return (lines_of_ours > 0) == ours; }));
  const auto combined = [&gateway] {
    GatewayRequest snapshot;
    snapshot.target = "/logs";
    return gateway.handle(std::move(snapshot)).next().value();
  };
  // Behind other lines of ours.
  CHECK(eventually([&combined, ours] { return contains(combined(), "model m: ready") == ours; }));
  CHECK(contains(combined(), "printed\n") == models);
}

TEST_CASE("logTimeFormat is the time of our lines in the logs", "[logs]") {
  Config config;
  config.log_time_format = LogTimeFormat::None;
  LogOutlets timeless(config, watched_options());
  timeless.message(LogLevel::Warn, "a line");
  CHECK(timeless.logs().combined.snapshot() == "warn  a line\n");
  config.log_time_format = LogTimeFormat::StampMilli;
  LogOutlets stamped(config, watched_options());
  stamped.access("GET /");
  const std::string line = stamped.logs().gateway.snapshot();
  CHECK(line.size() == std::string("Feb  3 09:35:06.070 info  GET /\n").size());
  CHECK(contains(line, " info  GET /\n"));
}

TEST_CASE("what a flood of all models together lost is told when it is over", "[logs]") {
  LogOutlets outlets(Config(), watched_options());
  const std::string lines(1'000'000, '\n');
  for (int i = 0; i < 12; ++i) {
    outlets.model_output("m", lines);
  }
  const Deadline over = outlets.tell_suppressed(SteadyClock::now());
  REQUIRE(over != NoDeadline);
  CHECK_FALSE(outlets.logs().models.snapshot().find("[suppressed") != std::string::npos);
  CHECK(outlets.tell_suppressed(over) == NoDeadline);
  CHECK(contains(outlets.logs().models.snapshot(), "[suppressed"));
}

TEST_CASE("a stop ends the streams of logs whole, and does not wait for them", "[logs]") {
  ProcessGateway gateway({printing("echo hello")});
  REQUIRE(gateway.processes().start("m"));
  std::vector<TestSocket> readers;
  for (const std::string path : {"/logs/stream", "/logs/stream/proxy", "/logs/stream/m"}) {
    readers.push_back(gateway.client(get(path)));
    readers.back().put_back(readers.back().receive_until("\r\n\r\n"));
  }
  const auto begin = std::chrono::steady_clock::now();
  gateway.server().stop();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
  for (TestSocket& reader : readers) {
    const ReceivedAnswer answer = receive_answer(reader);
    CHECK(answer.status == 200);
    CHECK(answer.complete);
  }
}

TEST_CASE("a stop ends the stream of a model that prints without end", "[logs]") {
  ProcessGateway gateway({printing("yes")});
  REQUIRE(gateway.processes().start("m"));
  TestSocket reader = gateway.client(get("/logs/stream/m"));
  reader.put_back(reader.receive_until("\r\n\r\n"));
  auto stopped = std::async(std::launch::async, [&gateway] { gateway.server().stop(); });
  const ReceivedAnswer answer = receive_answer(reader);
  CHECK(answer.complete);
  CHECK(stopped.wait_for(Patience) == std::future_status::ready);
}

TEST_CASE("a shutdown ends the stream of a caller of handle", "[logs]") {
  ProcessGateway gateway({printing("echo hello")});
  GatewayRequest request;
  request.target = "/logs/stream?no-history";
  GatewayAnswer answer = gateway.gateway().handle(std::move(request));
  auto ended = std::async(std::launch::async, [&answer] {
    for (;;) {
      const Result<std::string> piece = answer.next();
      if (!piece || piece->empty()) {
        return static_cast<bool>(piece);
      }
    }
  });
  gateway.gateway().shutdown();
  REQUIRE(ended.wait_for(Patience) == std::future_status::ready);
  CHECK(ended.get());
}

TEST_CASE("a reader that left costs nothing more", "[logs]") {
  ProcessGateway gateway({process_model("m")});
  for (int i = 0; i < 100; ++i) {
    TestSocket reader = gateway.client(get("/logs/stream"));
    reader.receive_until("\r\n\r\n");
  }
  CHECK(gateway.wait_for_records(100).size() == 100);
}

TEST_CASE("a reader of a log may ask for lines of a level, or with a text in them", "[logs]") {
  ProcessGateway gateway({printing("echo loaded; echo ready")});
  TestSocket warnings = gateway.client(get("/logs/stream/proxy?level=warn"));
  TestSocket about_x = gateway.client(get("/logs/stream?filter=about+X"));
  gateway.gateway().log(LogLevel::Info, "of no interest");
  gateway.gateway().log(LogLevel::Info, "a line about x");
  gateway.gateway().log(LogLevel::Warn, "a warning");
  CHECK_FALSE(contains(warnings.receive_until("a warning\n"), "interest"));
  CHECK_FALSE(contains(about_x.receive_until("a line about x\n"), "interest"));
  CHECK(eventually([&gateway] {  // the combined log has a line a little later than ours alone
    return contains(exchange(gateway.port(), get("/logs?filter=warning")).body, "a warning\n");
  }));
  CHECK(exchange(gateway.port(), get("/logs?level=loud")).status == 400);
  CHECK(contains(exchange(gateway.port(), get("/logs/stream/m?level=warn")).body, "no levels"));
}

TEST_CASE("the log file has our lines, those of requests and those of models behind their ids",
          "[logs]") {
  const TemporaryFolder folder;
  Config config = process_config({printing("echo printed")});
  config.log_file = LogFileConfig{.path = folder.path("log")};
  {
    ProcessGateway gateway(config);
    gateway.gateway().log(LogLevel::Warn, "of ours");
    TestSocket all = gateway.client(get("/logs/stream/upstream"));
    REQUIRE(gateway.processes().start("m"));
    all.receive_until("printed\n");
    exchange(gateway.port(), get("/health"));
  }
  std::ifstream file(folder.path("log"));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  CHECK(contains(text, " warn  of ours\n"));
  CHECK(contains(text, "[m] printed\n"));
  CHECK(contains(text, "\"GET /health HTTP/1.1\" 200"));
}

TEST_CASE("a log file that cannot be written is told of in the log, and requests go on",
          "[logs][H10]") {
  Config config = process_config({process_model("m")});
  config.log_file = LogFileConfig{.path = "/no/such/folder/log"};
  ProcessGateway gateway(config);
  CHECK(gateway.chat().status == 200);
  CHECK(eventually([&gateway] {
    return contains(exchange(gateway.port(), get("/logs")).body,
                    "the log file /no/such/folder/log cannot be written");
  }));
}
