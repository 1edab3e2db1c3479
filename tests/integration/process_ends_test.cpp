// Ends: crashes are seen at once, a stop leaves nothing, and output never holds a model up.
#include <signal.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "catch.h"
#include "process/free_port.h"
#include "process/port_holder.h"
#include "process/proc_files.h"
#include "support/contains.h"
#include "support/process_config.h"
#include "support/temporary_folder.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

ModelConfig with_unload_timeout(ModelConfig model, std::chrono::milliseconds timeout) {
  model.unload_timeout = timeout;
  return model;
}

}  // namespace

TEST_CASE("a crash in mid-stream breaks the stream, and the next request starts it anew",
          "[process]") {
  ProcessGateway gateway({process_model("m", "--crash-mid-stream 3")});
  const ReceivedAnswer broken = exchange(gateway.port(), stream_from("m"));
  CHECK(broken.status == 200);
  CHECK_FALSE(broken.complete);
  CHECK(contains(broken.body, "\n\ndata: {\"error\":{\"message\":\"m: read the answer"));
  CHECK(broken.body.ends_with("data: [DONE]\n\n"));
  REQUIRE(gateway.history().wait_for("m", ModelState::Failed));
  CHECK(contains(gateway.history().last_why("m", ModelState::Failed), "signal 11"));
  const ReceivedAnswer next = gateway.chat();
  CHECK(next.status == 200);
  CHECK(gateway.history().wait_for("m", ModelState::Ready, 2));
}

TEST_CASE("a crash before the answer begins is a bad gateway", "[process]") {
  ProcessGateway gateway({process_model("m", "--crash-after 1")});
  CHECK(gateway.chat().status == 502);
  CHECK(gateway.history().wait_for("m", ModelState::Failed));
}

TEST_CASE("a process that is killed is told with its signal", "[process]") {
  ProcessGateway gateway({process_model("m")});
  REQUIRE(gateway.chat().status == 200);
  const pid_t pid = gateway.pid();
  REQUIRE(::kill(pid, SIGKILL) == 0);
  REQUIRE(gateway.history().wait_for("m", ModelState::Failed));
  CHECK(contains(gateway.status().why, "killed by signal 9"));
  CHECK(gateway.wait_for_line("model m: failed: its process was killed by signal 9"));
  CHECK(gateway.status().pid == 0);
  CHECK(gateway.chat().status == 200);
}

TEST_CASE("a process that dies just before its unload is unloaded all the same", "[process]") {
  ProcessGateway gateway({process_model("m")});
  for (int i = 0; i < 5; ++i) {
    REQUIRE(gateway.processes().start("m"));
    const pid_t pid = gateway.pid();
    REQUIRE(::kill(pid, SIGKILL) == 0);
    CHECK(gateway.unload().status == 200);
    CHECK(is_gone(pid));
    CHECK(gateway.status().pid == 0);
  }
}

TEST_CASE("a process that ignores the signal is killed after unloadTimeout", "[process]") {
  ProcessGateway gateway({with_unload_timeout(process_model("m", "--ignore-term"), 300ms)});
  REQUIRE(gateway.chat().status == 200);
  const pid_t pid = gateway.pid();
  const auto begin = Clock::now();
  CHECK(gateway.unload().status == 200);
  const auto lasted = Clock::now() - begin;
  CHECK(lasted >= 300ms);
  CHECK(lasted < 3s);
  CHECK(is_gone(pid));
  CHECK(contains(gateway.processes().output("m").value(), "SIGTERM is ignored"));
}

TEST_CASE("a process that was halted is stopped, not waited for", "[process]") {
  ProcessGateway gateway({process_model("m")});
  REQUIRE(gateway.chat().status == 200);
  const pid_t pid = gateway.pid();
  REQUIRE(::kill(pid, SIGSTOP) == 0);
  const auto begin = Clock::now();
  CHECK(gateway.unload().status == 200);
  CHECK(Clock::now() - begin < 5s);  // its unloadTimeout is 10 s
  CHECK(is_gone(pid));
}

TEST_CASE("what a process has started and left behind goes with it", "[process][W-48]") {
  const std::string keeps = GENERATE("port", "port,setsid", "port,pipe,setsid");
  ProcessGateway gateway({process_model("m", "--fork-grandchild " + keeps)});
  REQUIRE(gateway.chat().status == 200);
  const pid_t pid = gateway.pid();
  const pid_t grandchild = printed_number(gateway.processes(), "m", "grandchild");
  const std::uint16_t port = gateway.status().port;
  REQUIRE_FALSE(is_gone(grandchild));
  CHECK(gateway.unload().status == 200);
  CHECK(is_gone(pid));
  CHECK(goes_away(grandchild));
  CHECK(process::can_bind(port));
  CHECK(gateway.chat().status == 200);
  CHECK(gateway.status().port == port);
}

TEST_CASE("what a crashed process has left behind goes before it is started anew",
          "[process][W-48]") {
  ProcessGateway gateway({process_model("m", "--fork-grandchild port,pipe,setsid")});
  REQUIRE(gateway.chat().status == 200);
  const pid_t grandchild = printed_number(gateway.processes(), "m", "grandchild");
  const std::uint16_t port = gateway.status().port;
  REQUIRE(::kill(gateway.pid(), SIGKILL) == 0);
  REQUIRE(gateway.history().wait_for("m", ModelState::Failed));
  CHECK(gateway.chat().status == 200);
  CHECK(goes_away(grandchild));
  CHECK(gateway.status().port == port);
}

TEST_CASE("a cmdStop that fails is told with what it said", "[process][W-47]") {
  ModelConfig model = process_model("m");
  model.cmd_stop = "sh -c 'echo no such container; exit 3'";
  ProcessGateway gateway({model});
  REQUIRE(gateway.chat().status == 200);
  CHECK(gateway.unload().status == 200);
  CHECK(eventually([&gateway] {
    return gateway.has_logged(
        "model m: its cmdStop failed: it exited with code 3; the stop signal "
        "is sent in its place; printed since it was run: no such container");
  }));
}

TEST_CASE("a server behind a shell is stopped with it", "[process]") {
  ProcessGateway gateway(
      {command_model("m", "sh -c '" + fake_model() + " --port ${PORT}; exit 5'")});
  REQUIRE(gateway.chat().status == 200);
  const pid_t shell = gateway.pid();
  const std::vector<pid_t> servers = process::children_of(shell);
  REQUIRE(servers.size() == 1);
  CHECK(gateway.unload().status == 200);
  CHECK(is_gone(shell));
  CHECK(is_gone(servers[0]));
  CHECK(gateway.chat().status == 200);
}

TEST_CASE("a shell that ends before its server takes the server with it", "[process]") {
  ProcessGateway gateway(
      {command_model("m", "sh -c 'setsid " + fake_model() + " --port ${PORT} & exec sleep 60'")});
  REQUIRE(gateway.chat().status == 200);
  const pid_t shell = gateway.pid();
  const std::uint16_t port = gateway.status().port;
  REQUIRE(::kill(shell, SIGKILL) == 0);
  REQUIRE(gateway.history().wait_for("m", ModelState::Failed));
  CHECK(eventually([port] { return process::can_bind(port); }));
}

TEST_CASE("a stop command is run instead of the signal", "[process]") {
  const TemporaryFolder folder;
  const std::string mark = folder.path("mark");
  ModelConfig model = process_model("m", "--ignore-term");
  model.cmd_stop = "sh -c 'echo x >" + mark + "; kill -9 ${PID}'";
  ProcessGateway gateway({model});
  REQUIRE(gateway.chat().status == 200);
  const pid_t pid = gateway.pid();
  CHECK(gateway.unload().status == 200);
  CHECK(is_gone(pid));
  CHECK(std::ifstream(mark).good());
}

TEST_CASE("a flood of output holds up neither the model nor its clients", "[process]") {
  const std::string flag = GENERATE("--flood", "--flood-line");
  ProcessGateway gateway({process_model("m", flag + " 200000000")});
  for (int i = 0; i < 50; ++i) {
    REQUIRE(gateway.chat().status == 200);
  }
  const pid_t pid = gateway.pid();
  const auto output = [&gateway] { return gateway.processes().output("m").value(); };
  CHECK(output().size() <= 200 * 1024);
  CHECK(gateway.unload().status == 200);
  CHECK(is_gone(pid));
}

TEST_CASE("the end of the output is not the end of the process", "[process]") {
  ProcessGateway gateway({process_model("m", "--close-output")});
  REQUIRE(gateway.chat().status == 200);
  const pid_t pid = gateway.pid();
  for (int i = 0; i < 5; ++i) {
    CHECK(gateway.chat().status == 200);
  }
  CHECK(gateway.pid() == pid);
  CHECK(gateway.unload().status == 200);
  CHECK(is_gone(pid));
}

TEST_CASE("an exit is seen at once, also while somebody holds the output", "[process]") {
  ProcessGateway gateway({process_model("m", "--fork-grandchild pipe,setsid")});
  REQUIRE(gateway.chat().status == 200);
  const pid_t grandchild = printed_number(gateway.processes(), "m", "grandchild");
  const auto begin = Clock::now();
  REQUIRE(::kill(gateway.pid(), SIGKILL) == 0);
  REQUIRE(gateway.history().wait_for("m", ModelState::Failed));
  CHECK(Clock::now() - begin < 900ms);  // before the patience with the output ends
  CHECK(goes_away(grandchild));
}

TEST_CASE("the last words behind a flood are told", "[process]") {
  ProcessGateway gateway({command_model(
      "m", "sh -c 'yes | head -c 50000000; echo these are the final words; exit 3'")});
  const ReceivedAnswer answer = gateway.chat();
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "these are the final words"));
}

TEST_CASE("an unload cuts the requests in flight, and says so where it still can", "[process]") {
  ProcessGateway gateway({process_model("m", "--tokens 2000 --tokens-per-second 100")});
  TestSocket stream = gateway.client(stream_from("m"));
  stream.put_back(stream.receive_until("data: "));
  TestSocket unanswered = gateway.client(chat_with("m"));
  REQUIRE(eventually([&gateway] { return gateway.status().in_flight == 2; }));
  CHECK(gateway.unload().status == 200);
  const ReceivedAnswer cut = receive_answer(stream);
  CHECK_FALSE(cut.complete);
  CHECK(contains(cut.body, "m was stopped while it was at the request: unloaded on request"));
  CHECK(cut.body.ends_with("data: [DONE]\n\n"));
  const ReceivedAnswer refused = receive_answer(unanswered);
  CHECK(refused.status == 503);
  CHECK(contains(refused.body, "m was stopped while it was at the request: unloaded on request"));
  CHECK(eventually([&gateway] { return gateway.status().in_flight == 0; }));
  TestSocket next = gateway.client(stream_from("m"));
  CHECK(contains(next.receive_until("data: "), "200 OK"));
  CHECK(gateway.status().in_flight == 1);
}

TEST_CASE("a model that dies again and again is started for whoever may have it", "[process]") {
  ProcessGateway gateway({process_model("m")});
  std::atomic<bool> enough{false};
  std::atomic<int> strange{0};
  std::vector<std::thread> crowd;
  for (int i = 0; i < 4; ++i) {
    crowd.emplace_back([&gateway, &enough, &strange] {
      while (!enough) {
        const int status = gateway.chat().status;
        strange += status == 200 || status == 502 || status == 503 ? 0 : 1;
      }
    });
  }
  for (std::size_t i = 1; i <= 8; ++i) {
    CHECK(gateway.processes().start("m"));  // whatever pause it is in
    const pid_t pid = gateway.status().pid;
    if (pid > 0) {
      ::kill(pid, SIGKILL);
    }
    CHECK(gateway.history().wait_for("m", ModelState::Failed, i));
  }
  enough = true;
  for (std::thread& one : crowd) {
    one.join();
  }
  CHECK(strange == 0);
  CHECK(gateway.processes().start("m"));
  CHECK(gateway.chat().status == 200);
  CHECK(eventually([&gateway] { return gateway.status().in_flight == 0; }));
}

TEST_CASE("starts and stops leave no descriptor and no thread behind", "[process]") {
  ProcessGateway gateway({process_model("m", "--fork-grandchild pipe,setsid")});
  const auto round = [&gateway] {
    REQUIRE(gateway.processes().start("m"));
    REQUIRE(gateway.processes().stop("m"));
  };
  const auto held = [] {
    return process::numbers_in("/proc/self/fd").size() +
           process::numbers_in("/proc/self/task").size();
  };
  round();
  round();
  const std::size_t before = held();
  for (int i = 0; i < 30; ++i) {
    round();
  }
  CHECK(eventually([&held, before] { return held() <= before; }));
}
