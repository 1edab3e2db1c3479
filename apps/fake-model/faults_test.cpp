#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "running_model.h"
#include "support/eventually.h"

namespace fake_model {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using llmsnap::test::eventually;

const std::string Chat = "/v1/chat/completions";
const std::string Stream = R"({"model":"m","stream":true})";

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

pid_t number_behind(const std::string& line, std::string_view word) {
  pid_t number = 0;
  if (line.starts_with(word)) {
    std::from_chars(line.data() + word.size(), line.data() + line.size(), number);
  }
  return number;
}

TEST_CASE("it listens at once, and its first line says where", "[fake-model]") {
  auto fastest = Clock::duration(Patience);
  for (int tries = 0; tries < 10; ++tries) {
    const auto begun = Clock::now();
    RunningModel model({});
    REQUIRE(model.port() != 0);
    fastest = std::min(fastest, Clock::now() - begun);
    CHECK(has(model.ask("GET", "/health"), "HTTP/1.1 200 OK"));
  }
  // The sanitizers' start alone takes longer than the 10 ms that it takes otherwise.
  CHECK(fastest < 200ms);
}

TEST_CASE("a port that is taken ends it with a line that says so", "[fake-model]") {
  RunningModel first({});
  const std::string port = std::to_string(first.port());
  RunningModel second({"--port", port});
  CHECK(second.wait_exit() == "code 1");
  CHECK(second.rest_of_output() ==
        "fake-model: cannot listen on 127.0.0.1:" + port + ": address already in use\n");
}

TEST_CASE("a port and an address at once are a wrong command line", "[fake-model]") {
  RunningModel model({"--port", "0", "--listen", "127.0.0.1:0"});
  CHECK(model.wait_exit() != "code 0");
}

TEST_CASE("it binds late when told so, and nobody answers before", "[fake-model]") {
  const auto begun = Clock::now();
  RunningModel model({"--bind-delay-ms", "150"});
  REQUIRE(model.port() != 0);
  CHECK(Clock::now() - begun >= 150ms);
}

TEST_CASE("health fails or hangs while everything else works", "[fake-model]") {
  RunningModel failing({"--health", "503"});
  CHECK(has(failing.ask("GET", "/health"), "HTTP/1.1 503"));
  CHECK(has(failing.ask("POST", Chat, Stream), "[DONE]"));
  RunningModel hanging({"--health", "hang"});
  Client client(hanging.port());
  client.send(request_text("GET", "/health"));
  CHECK(client.silent_for(50ms));
  CHECK(has(hanging.ask("GET", "/v1/models"), "HTTP/1.1 200 OK"));
}

TEST_CASE("health fails after a while, and inference does not", "[fake-model]") {
  RunningModel model({"--health-fails-after-ms", "0"});
  CHECK(has(model.ask("GET", "/health"), "HTTP/1.1 503"));
  CHECK(has(model.ask("POST", Chat, R"({"model":"m"})"), "HTTP/1.1 200"));
  RunningModel well({"--health-fails-after-ms", "3600000"});
  CHECK(has(well.ask("GET", "/health"), "HTTP/1.1 200"));
}

TEST_CASE("inference fails or hangs while health is well", "[fake-model]") {
  RunningModel failing({"--inference", "500"});
  CHECK(has(failing.ask("POST", Chat, Stream), "HTTP/1.1 500"));
  CHECK(has(failing.ask("GET", "/health"), "HTTP/1.1 200"));
  RunningModel hanging({"--inference", "hang"});
  Client client(hanging.port());
  client.send(request_text("POST", Chat, Stream));
  CHECK(client.silent_for(50ms));
  CHECK(has(hanging.ask("GET", "/slots"), R"("is_processing":true)"));
}

TEST_CASE("a start that fails ends with a last line and the code that it was told",
          "[fake-model]") {
  struct Row {
    std::vector<std::string> flags;
    const char* end;
    const char* last_line;
  };
  const auto row =
      GENERATE(Row{{"--exit-after-ms", "50"}, "code 1", "fake-model: cannot go on, exit code 1\n"},
               Row{{"--exit-after-ms", "0", "--exit-code", "0"},
                   "code 0",
                   "fake-model: cannot go on, exit code 0\n"},
               Row{{"--exit-after-ms", "50", "--exit-code", "137", "--bind-delay-ms", "60000"},
                   "code 137",
                   "fake-model: cannot go on, exit code 137\n"});
  RunningModel model(row.flags);
  CHECK(model.wait_exit() == row.end);
  CHECK(model.rest_of_output().ends_with(row.last_line));
}

TEST_CASE("inference fails after the number of requests that it was told", "[fake-model]") {
  RunningModel model({"--fail-after", "1"});
  CHECK(has(model.ask("POST", Chat, Stream), "HTTP/1.1 200"));
  CHECK(has(model.ask("POST", Chat, Stream), "HTTP/1.1 500"));
  CHECK(has(model.ask("GET", "/health"), "HTTP/1.1 200"));
}

TEST_CASE("it crashes at the inference request that it was told", "[fake-model]") {
  RunningModel model({"--crash-after", "2"});
  CHECK(has(model.ask("POST", Chat, Stream), "[DONE]"));
  CHECK(has(model.ask("GET", "/health"), "HTTP/1.1 200"));
  CHECK(model.ask("POST", Chat, Stream).empty());
  CHECK(model.wait_exit() == "signal 11");
}

TEST_CASE("it crashes after the chunk that it was told, which has left by then", "[fake-model]") {
  const auto* pace = GENERATE("0", "200");
  const std::size_t chunks = GENERATE(std::size_t{0}, std::size_t{3});
  RunningModel model({"--crash-mid-stream", std::to_string(chunks), "--tokens-per-second", pace});
  const std::string answer = model.ask("POST", Chat, Stream);
  CHECK(has(answer, "HTTP/1.1 200 OK"));
  CHECK(count(answer, "data: ") == chunks);
  CHECK_FALSE(answer.ends_with("0\r\n\r\n"));
  CHECK(model.wait_exit() == "signal 11");
}

TEST_CASE("SIGTERM ends it at once, in the middle of an answer", "[fake-model]") {
  RunningModel serving({"--tokens-per-second", "1"});
  Client client(serving.port());
  client.send(request_text("POST", Chat, Stream));
  kill(serving.pid(), SIGTERM);
  CHECK(serving.wait_exit() == "code 0");
  CHECK_FALSE(has(client.receive_all(), "[DONE]"));
}

TEST_CASE("SIGTERM is ignored when told so", "[fake-model]") {
  RunningModel model({"--ignore-term"});
  REQUIRE(model.port() != 0);
  kill(model.pid(), SIGTERM);
  CHECK(model.next_line() == "fake-model: SIGTERM is ignored");
  CHECK(has(model.ask("GET", "/health"), "HTTP/1.1 200"));
}

TEST_CASE("SIGTERM takes its time when told so, and it serves meanwhile", "[fake-model]") {
  RunningModel model({"--term-delay-ms", "300"});
  REQUIRE(model.port() != 0);
  const auto told = Clock::now();
  kill(model.pid(), SIGTERM);
  CHECK(has(model.ask("GET", "/health"), "HTTP/1.1 200"));
  kill(model.pid(), SIGTERM);
  CHECK(model.wait_exit() == "code 0");
  CHECK(Clock::now() - told >= 300ms);
}

TEST_CASE("a grandchild keeps what it was told and nothing else", "[fake-model]") {
  struct Row {
    const char* keeps;
    bool port;
    bool pipe;
    bool own_session;
  };
  const auto row =
      GENERATE(Row{"port", true, false, false}, Row{"pipe", false, true, false},
               Row{"setsid", false, false, true}, Row{"port,setsid", true, false, true});
  CAPTURE(row.keeps);
  RunningModel model({"--fork-grandchild", row.keeps});
  const std::uint16_t port = model.port();
  const pid_t grandchild = number_behind(model.next_line(), "grandchild ");
  REQUIRE(grandchild > 0);
  CHECK(eventually([&] { return (getsid(grandchild) == grandchild) == row.own_session; }));
  kill(model.pid(), SIGKILL);
  CHECK(model.wait_exit() == "signal 9");
  CHECK(kill(grandchild, 0) == 0);
  // Whether it held the port or the pipe shows in what changes when it ends, or when it does not.
  CHECK(eventually([&] { return Client(port).connected() == row.port; }));
  if (!row.pipe) {
    CHECK(model.rest_of_output().empty());
  }
  kill(grandchild, SIGKILL);
  CHECK(model.rest_of_output().empty());
  CHECK(eventually([&] { return !Client(port).connected(); }));
}

TEST_CASE("a flood is as long as it was told, and it serves meanwhile", "[fake-model]") {
  const auto* flag = GENERATE("--flood", "--flood-line");
  RunningModel model({flag, "3000000"});
  REQUIRE(model.port() != 0);
  // The pipe is full by now, and nobody has read from it.
  CHECK(has(model.ask("GET", "/health"), "HTTP/1.1 200"));
  std::size_t bytes = 0;
  std::size_t lines = 0;
  for (std::string line = model.next_line(); line != "flood of 3000000 bytes ended";
       line = model.next_line()) {
    REQUIRE_FALSE(line.empty());
    bytes += line.size() + 1;
    ++lines;
  }
  CHECK(bytes == 3'000'000);
  CHECK((lines == 1) == (flag == std::string("--flood-line")));
}

TEST_CASE("closed outputs are no exit", "[fake-model]") {
  RunningModel model({"--close-output"});
  REQUIRE(model.port() != 0);
  CHECK(model.rest_of_output().empty());
  CHECK(has(model.ask("GET", "/health"), "HTTP/1.1 200"));
}

TEST_CASE("a model that sleeps says so and does not work", "[fake-model]") {
  RunningModel model({"--sleep-endpoints", "--sleep-ms", "30"});
  CHECK(has(model.ask("GET", "/is_sleeping"), R"({"is_sleeping":false})"));
  CHECK(has(model.ask("POST", "/sleep?level=1"), "HTTP/1.1 200"));
  CHECK(has(model.ask("GET", "/is_sleeping"), R"({"is_sleeping":true})"));
  CHECK(has(model.ask("GET", "/health"), "HTTP/1.1 200"));
  CHECK(has(model.ask("POST", Chat, Stream), "HTTP/1.1 503"));
  const auto begun = Clock::now();
  CHECK(has(model.ask("POST", "/wake_up"), "HTTP/1.1 200"));
  CHECK(Clock::now() - begun >= 30ms);
  CHECK(has(model.ask("POST", Chat, Stream), "[DONE]"));
}

TEST_CASE("sleep may fail, hang, or not exist", "[fake-model]") {
  RunningModel without({});
  CHECK(has(without.ask("POST", "/sleep"), "HTTP/1.1 404"));
  RunningModel failing({"--sleep-endpoints", "--sleep", "500"});
  CHECK(has(failing.ask("POST", "/sleep"), "HTTP/1.1 500"));
  CHECK(has(failing.ask("GET", "/is_sleeping"), "false"));
  RunningModel hanging({"--sleep-endpoints", "--sleep", "hang"});
  Client client(hanging.port());
  client.send(request_text("POST", "/sleep"));
  CHECK(client.silent_for(50ms));
}

TEST_CASE("a model may not say whether it sleeps, or sleep on", "[fake-model]") {
  RunningModel failing({"--sleep-endpoints", "--is-sleeping", "500"});
  CHECK(has(failing.ask("GET", "/is_sleeping"), "HTTP/1.1 500"));
  RunningModel sleeping({"--sleep-endpoints", "--sleeps-on"});
  sleeping.ask("POST", "/sleep");
  CHECK(has(sleeping.ask("POST", "/wake_up"), "HTTP/1.1 200"));
  CHECK(has(sleeping.ask("GET", "/is_sleeping"), "true"));
  CHECK(has(sleeping.ask("GET", "/health"), "HTTP/1.1 200"));
}

TEST_CASE("a generation is in work until its client leaves", "[fake-model]") {
  RunningModel model({"--tokens-per-second", "1"});
  const auto in_work = [&model] {
    return count(model.ask("GET", "/slots"), R"("is_processing":true)");
  };
  CHECK(in_work() == 0);
  {
    Client first(model.port());
    Client second(model.port());
    first.send(request_text("POST", Chat, Stream));
    second.send(request_text("POST", Chat, R"({"model":"m"})"));
    CHECK(eventually([&] { return in_work() == 2; }));
    CHECK(has(model.ask("GET", "/props"), R"("total_slots":2)"));
  }
  CHECK(eventually([&] { return in_work() == 0; }));
}

}  // namespace
}  // namespace fake_model
