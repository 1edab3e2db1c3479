// Starts: a model's process is there when a request needs it, and where it cannot be, the client
// hears why.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "catch.h"
#include "process/free_port.h"
#include "process/proc_files.h"
#include "support/contains.h"
#include "support/listening.h"
#include "support/process_config.h"
#include "support/temporary_folder.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

ModelConfig with_health_limit(ModelConfig model, std::chrono::milliseconds limit) {
  model.health_check_timeout = limit;
  return model;
}

/// A server on a port that the config says, and not we.
ModelConfig model_on(std::uint16_t port, const std::string& start) {
  ModelConfig model = command_model("m", start + " --port " + std::to_string(port));
  model.proxy = "http://127.0.0.1:" + std::to_string(port);
  model.port = 0;
  return model;
}

}  // namespace

TEST_CASE("a model's process is started by the first request and serves the next", "[process]") {
  ProcessGateway gateway({process_model("m")});
  CHECK(gateway.status().state == ModelState::Stopped);
  CHECK(gateway.status().pid == 0);
  const auto begin = Clock::now();
  const ReceivedAnswer answer = gateway.chat();
  CHECK(Clock::now() - begin < 2s);  // what is ours of it is some milliseconds
  CHECK(answer.status == 200);
  CHECK(answer.complete);
  const pid_t pid = gateway.status().pid;
  CHECK(pid > 0);
  CHECK(gateway.chat().status == 200);
  CHECK(gateway.status().pid == pid);
  CHECK(gateway.status().state == ModelState::Ready);
}

TEST_CASE("what is running shows its command without secrets", "[process]") {
  ProcessGateway gateway({command_model(
      "m", "env API_KEY=argsecret OTHER=shown " + fake_model() + " --port ${PORT}")});
  CHECK(gateway.chat().status == 200);
  const std::string shown =
      exchange(gateway.port(), "GET /running HTTP/1.1\r\nHost: localhost\r\n\r\n").body;
  CHECK(contains(shown, "env API_KEY=*** OTHER=shown"));
  CHECK_FALSE(contains(shown, "argsecret"));
}

TEST_CASE("our share of a cold start is small", "[process][W-01][W-02]") {
  auto best = Clock::duration::max();
  for (int i = 0; i < 5; ++i) {  // the best of some, for a loaded machine
    ProcessGateway gateway({process_model("m")});
    const auto begin = Clock::now();
    REQUIRE(gateway.chat().status == 200);
    best = std::min(best, Clock::now() - begin);
  }
  CHECK(best < 150ms);
}

TEST_CASE("requests that come during a start share it", "[process]") {
  ProcessGateway gateway({process_model("m", "--load-ms 200")});
  std::vector<TestSocket> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(gateway.client(chat_with("m")));
  }
  for (TestSocket& client : clients) {
    CHECK(receive_answer(client).status == 200);
  }
  CHECK(gateway.history().becomes("m starting, m ready"));
}

TEST_CASE("a program that is not there is a bad gateway that says so", "[process]") {
  ProcessGateway gateway({command_model("m", "/nowhere/llama-server --port ${PORT}")});
  const ReceivedAnswer answer = gateway.chat();
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "/nowhere/llama-server"));
  CHECK(contains(answer.body, "no such file or directory"));
  CHECK(gateway.status().state == ModelState::Failed);
  const ReceivedAnswer second = gateway.chat();
  CHECK(second.status == 503);
  CHECK(second.field("retry-after") == "1");
}

TEST_CASE("a folder that is not there is a bad gateway that says so", "[process]") {
  ModelConfig model = process_model("m");
  model.cwd = "/nowhere/at/all";
  ProcessGateway gateway({model});
  const ReceivedAnswer answer = gateway.chat();
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "/nowhere/at/all"));
}

TEST_CASE("an exit during the start is told with its code and the last output", "[process]") {
  const std::string code = GENERATE("3", "0");
  ProcessGateway gateway(
      {process_model("m", "--load-ms 60000 --exit-after-ms 20 --exit-code " + code)});
  const ReceivedAnswer answer = gateway.chat();
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "exited with code " + code + " before it was ready"));
  CHECK(contains(answer.body, "cannot go on, exit code " + code));
  CHECK(gateway.status().state == ModelState::Failed);
  const ReceivedAnswer second = gateway.chat();
  CHECK(second.status == 503);
  CHECK(second.field("retry-after") == "1");
  CHECK(contains(second.body, "cannot go on, exit code " + code));
  CHECK(gateway.history().counts("m", ModelState::Starting, 1));
}

TEST_CASE("an operator's start does not wait for the end of a pause", "[process]") {
  const TemporaryFolder folder;
  const std::string mark = folder.path("mark");
  ProcessGateway gateway({command_model(
      "m", "sh -c 'test -e " + mark + " || exit 7; exec " + fake_model() + " --port ${PORT}'")});
  CHECK(gateway.chat().status == 502);
  CHECK(gateway.chat().status == 503);
  std::ofstream(mark) << "x";
  CHECK(exchange(gateway.port(), post_to("/api/models/load/m")).status == 200);
  CHECK(gateway.chat().status == 200);
}

TEST_CASE("a failure is told with the output of that life only", "[process]") {
  const TemporaryFolder folder;
  const std::string mark = folder.path("mark");
  ProcessGateway gateway({command_model("m", "sh -c 'test -e " + mark + " && exit 8; echo x >" +
                                                 mark + "; echo bind: address in use by me; exec " +
                                                 fake_model() + " --port ${PORT}'")});
  CHECK(gateway.chat().status == 200);
  CHECK(gateway.unload().status == 200);
  const ReceivedAnswer answer = gateway.chat();
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "exited with code 8"));
  CHECK_FALSE(contains(answer.body, "in use by me"));
}

TEST_CASE("a health check that is never answered fails the start at its deadline", "[process]") {
  ProcessGateway gateway({with_health_limit(process_model("m", "--health hang"), 400ms)});
  const auto begin = Clock::now();
  TestSocket client = gateway.client(chat_with("m"));
  const pid_t pid = gateway.pid();
  const ReceivedAnswer answer = receive_answer(client);
  CHECK(Clock::now() - begin >= 400ms);
  CHECK(answer.status == 502);
  CHECK(goes_away(pid));
  CHECK(gateway.history().wait_for("m", ModelState::Failed));
}

TEST_CASE("a health check that fails for ever is told with its status", "[process]") {
  ProcessGateway gateway({with_health_limit(process_model("m", "--health 503"), 400ms)});
  const ReceivedAnswer answer = gateway.chat();
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "503"));
  CHECK(gateway.history().wait_for("m", ModelState::Failed));
}

TEST_CASE("a model whose port is taken gets another one", "[process]") {
  const UniqueFd holder = loopback_listener();
  ModelConfig model = process_model("m");
  model.port = port_of(holder);
  ProcessGateway gateway({model});
  CHECK(gateway.chat().status == 200);
  CHECK(gateway.status().port != model.port);
  CHECK(eventually([&] { return gateway.has_logged("is used by process"); }));
}

TEST_CASE("a fixed port that is taken fails the start and names the holder", "[process][W-49]") {
  const UniqueFd holder = loopback_listener();
  const std::string port = std::to_string(port_of(holder));
  ModelConfig model = command_model("m", fake_model() + " --port " + port);
  model.port = 0;
  model.proxy = "http://127.0.0.1:" + port;
  ProcessGateway gateway({model});
  const ReceivedAnswer answer = gateway.chat();
  CHECK(answer.status == 502);
  CHECK(
      contains(answer.body, "port " + port + " is used by process " + std::to_string(::getpid())));
  CHECK(gateway.status().pid == 0);
}

TEST_CASE("the holder of a fixed port is told to go by cmdStop, and gets the time for it",
          "[process]") {
  const std::uint16_t port = process::free_port();
  // Nothing tells whose it is, as of a container.
  const std::string nobodys = "env -u LLMSNAP_INSTANCE " + fake_model() + " --term-delay-ms 200";
  ProcessManager earlier(process_config({model_on(port, nobodys)}));
  REQUIRE(earlier.start("m"));
  ModelConfig model = model_on(port, fake_model());
  // As a container's client does: it comes back before what it has told to go is gone.
  model.cmd_stop = "sh -c 'echo told; kill " + std::to_string(earlier.list()[0].pid) + "'";
  ProcessGateway gateway({model});
  CHECK(gateway.chat().status == 200);
  CHECK(contains(gateway.processes().output("m").value(), "told\n"));
}

TEST_CASE("the model of another gateway that lives is not told to go", "[process]") {
  const std::uint16_t port = process::free_port();
  ProcessManager other(process_config({model_on(port, fake_model())}));
  REQUIRE(other.start("m"));
  ModelConfig model = model_on(port, fake_model());
  model.cmd_stop = "sh -c 'echo told; kill " + std::to_string(other.list()[0].pid) + "'";
  ProcessGateway gateway({model});
  CHECK(gateway.chat().status == 502);
  CHECK(gateway.processes().output("m").value().empty());
  CHECK(other.list()[0].state == ModelState::Ready);
}

TEST_CASE("a process that listens late is waited for", "[process]") {
  ProcessGateway gateway({process_model("m", "--bind-delay-ms 300")});
  CHECK(gateway.chat().status == 200);
}

TEST_CASE("a process that lost its port to another is started with a new one", "[process]") {
  const TemporaryFolder folder;
  const std::string mark = folder.path("mark");
  ProcessGateway gateway({command_model(
      "m", "sh -c 'if test -e " + mark + "; then exec " + fake_model() +
               " --port ${PORT}; fi; echo x >" + mark +
               "; echo listen tcp 127.0.0.1:${PORT}: bind: address already in use; exit 1'")});
  CHECK(gateway.chat().status == 200);
  CHECK(gateway.history().becomes("m starting, m ready"));
}

TEST_CASE("a process that says for ever that its port is taken is given up", "[process]") {
  const TemporaryFolder folder;
  const std::string starts = folder.path("starts");
  ProcessGateway gateway({command_model(
      "m", "sh -c 'echo ${PORT} >>" + starts + "; echo address already in use; exit 1'")});
  const ReceivedAnswer answer = gateway.chat();
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "address already in use"));
  std::ifstream lines(starts);
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    ++count;
  }
  CHECK(count == 4);
}

TEST_CASE("a model without a health check serves once its process runs", "[process]") {
  ModelConfig model = process_model("m");
  model.check_endpoint = "none";
  ProcessGateway gateway({model});
  CHECK(gateway.processes().start("m"));
  CHECK(gateway.status().state == ModelState::Ready);
}

TEST_CASE("an unload during a start ends it and answers those who wait", "[process]") {
  ProcessGateway gateway({process_model("m", "--load-ms 60000")});
  TestSocket client = gateway.client(chat_with("m"));
  const pid_t pid = gateway.pid();
  CHECK(gateway.unload().status == 200);
  CHECK(is_gone(pid));
  const ReceivedAnswer answer = receive_answer(client);
  CHECK(answer.status == 503);
  CHECK(answer.field("retry-after") != "(none)");
  CHECK(gateway.status().state == ModelState::Stopped);
  CHECK(gateway.history().becomes("m starting, m stopping, m stopped"));
}

TEST_CASE("a request that comes during a stop starts the model anew", "[process]") {
  ProcessGateway gateway({process_model("m", "--term-delay-ms 300")});
  CHECK(gateway.chat().status == 200);
  const pid_t first = gateway.pid();
  TestSocket operation = gateway.client(post_to("/api/models/unload/m"));
  REQUIRE(gateway.history().wait_for("m", ModelState::Stopping));
  CHECK(gateway.chat().status == 200);
  CHECK(receive_answer(operation).status == 200);
  CHECK(is_gone(first));
  CHECK(gateway.pid() != first);
  CHECK(
      gateway.history().becomes("m starting, m ready, m stopping, m stopped, m starting, m ready"));
}

TEST_CASE("a start goes on when those who waited for it have left", "[process]") {
  ProcessGateway gateway({process_model("m", "--load-ms 200")});
  TestSocket client = gateway.client(chat_with("m"));
  const pid_t pid = gateway.pid();
  client.close();
  CHECK(gateway.history().wait_for("m", ModelState::Ready));
  CHECK(gateway.chat().status == 200);
  CHECK(gateway.pid() == pid);
}

TEST_CASE("a passthrough request starts the model too", "[process]") {
  ProcessGateway gateway({process_model("m")});
  const ReceivedAnswer answer =
      exchange(gateway.port(), "GET /upstream/m/v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(answer.status == 200);
  CHECK(contains(answer.body, "fake-model"));
}

TEST_CASE("a process has its folder, its variables and no descriptor of ours", "[process]") {
  const TemporaryFolder folder;
  ModelConfig model = command_model("m", "sh -c 'pwd; echo is $GREETING .; exec sleep 60'");
  model.cwd = folder.path();
  model.env = {"GREETING=port-${PORT}"};
  model.check_endpoint = "none";
  ProcessGateway gateway({model});
  TestSocket connection = TestSocket::connect(gateway.port());  // one more that could leak
  REQUIRE(gateway.processes().start("m"));
  const std::string wanted = folder.path() + "\nis port-" + std::to_string(model.port) + " .\n";
  CHECK(eventually([&] { return gateway.processes().output("m").value() == wanted; }));
  const std::string folder_of_descriptors = "/proc/" + std::to_string(gateway.pid()) + "/fd";
  // The loader of `sleep` may have a file open for a moment.
  CHECK(eventually([&] { return process::numbers_in(folder_of_descriptors).size() == 3; }));
}

TEST_CASE("a model that others on the network can reach is warned of, once", "[process]") {
  ProcessGateway gateway(
      {command_model("open", fake_model() + " --listen 0.0.0.0:${PORT}"), process_model("closed")});
  for (int i = 0; i < 2; ++i) {
    CHECK(gateway.chat("closed").status == 200);
    CHECK(gateway.chat("open").status == 200);
  }
  const auto warnings = [&gateway] {
    const std::vector<std::string> lines = gateway.log_lines();
    return std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
      return line.find("is open on all addresses") != std::string::npos;
    });
  };
  CHECK(eventually([&warnings] { return warnings() == 1; }));
  CHECK(eventually([&] { return gateway.has_logged("model open: its port"); }));
}
