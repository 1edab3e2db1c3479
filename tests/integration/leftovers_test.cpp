// However a gateway ends, none of its models' processes is left.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <optional>

#include "base/unique_fd.h"
#include "catch.h"
#include "process/pidfd.h"
#include "process/proc_files.h"
#include "support/contains.h"
#include "support/daemon.h"
#include "support/process_config.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

bool all_gone(const std::vector<pid_t>& pids) {
  for (const pid_t pid : pids) {
    if (!is_gone(pid)) {
      return false;
    }
  }
  return true;
}

/// What a model of it has put into a session of its own. The model may answer before.
pid_t escaped_from(const Daemon& daemon) {
  pid_t escaped = -1;
  REQUIRE(eventually([&daemon, &escaped] {
    for (const pid_t pid : daemon.descendants()) {
      const auto stat = process::process_stat(pid);
      if (stat && stat->group == pid && stat->parent != daemon.pid()) {
        escaped = pid;
      }
    }
    return escaped > 0;
  }));
  return escaped;
}

pid_t guard_of(const Daemon& daemon) {
  pid_t guard = -1;
  for (const pid_t pid : process::children_of(daemon.pid())) {
    if (const auto stat = process::process_stat(pid); stat && stat->command == "llmsnap-guard") {
      guard = pid;
    }
  }
  REQUIRE(guard > 0);
  return guard;
}

/// A guard that does nothing, until it is killed with this.
class HaltedGuard {
 public:
  explicit HaltedGuard(pid_t pid) : guard_(process::open_pidfd(pid)) {
    REQUIRE(process::send_signal(guard_, SIGSTOP));
  }
  ~HaltedGuard() { process::send_signal(guard_, SIGKILL); }
  HaltedGuard(const HaltedGuard&) = delete;
  HaltedGuard& operator=(const HaltedGuard&) = delete;

 private:
  const UniqueFd guard_;
};

std::string wrapped(const std::string& flags = {}) {
  return "sh -c '" + fake_model() + " --port ${PORT} " + flags + "; echo ended'";
}

}  // namespace

TEST_CASE("a gateway that ends leaves no process", "[leftovers]") {
  pid_t pid = 0;
  pid_t grandchild = 0;
  {
    ProcessGateway gateway({process_model("m", "--fork-grandchild port,pipe,setsid")});
    REQUIRE(gateway.chat().status == 200);
    pid = gateway.pid();
    grandchild = printed_number(gateway.processes(), "m", "grandchild");
  }
  CHECK(is_gone(pid));
  CHECK(goes_away(grandchild));
}

TEST_CASE("a gateway that ends while a model starts leaves no process", "[leftovers]") {
  pid_t pid = 0;
  TestSocket client;
  {
    Config config = process_config({process_model("m", "--load-ms 60000")});
    config.shutdown_timeout = 100ms;
    ProcessGateway gateway(config);
    client = gateway.client(chat_with("m"));
    pid = gateway.pid();
    REQUIRE(pid > 0);
  }
  CHECK(is_gone(pid));
  CHECK(receive_answer(client).status == 503);
}

TEST_CASE("a gateway that ends just after a request for a start leaves no process", "[leftovers]") {
  for (int i = 0; i < 20; ++i) {
    Config config = process_config({process_model("m")});
    config.shutdown_timeout = std::chrono::milliseconds(i);
    TestSocket client;
    {
      ProcessGateway gateway(config);
      client = gateway.client(chat_with("m"));
    }
    client.closes_within(std::chrono::milliseconds(Patience));
  }
  int status = 0;
  CHECK(::waitpid(-1, &status, WNOHANG) == -1);
  CHECK(process::children_of(::getpid()).empty());
}

TEST_CASE("a gateway that is shut down cuts what waits for a swap", "[leftovers]") {
  ModelConfig busy = process_model("a", "--tokens 2000 --tokens-per-second 100");
  ModelConfig impatient = process_model("b");
  impatient.max_wait = 1ms;
  Config config = process_config({busy, impatient});
  config.shutdown_timeout = 100ms;
  ProcessGateway gateway(config);
  TestSocket stream = gateway.client(stream_from("a"));
  stream.put_back(stream.receive_until("data: "));
  TestSocket waiting = gateway.client(chat_with("b"));
  REQUIRE(gateway.history().wait_for("a", ModelState::Draining));
  const pid_t pid = gateway.pid("a");
  gateway.server().stop();
  gateway.gateway().shutdown();
  CHECK(is_gone(pid));
  CHECK_FALSE(receive_answer(stream).complete);
  CHECK(receive_answer(waiting).status == 503);
  CHECK(gateway.history().count("b", ModelState::Starting) == 0);
}

TEST_CASE("a llmsnapd that is told to end ends its models first", "[leftovers]") {
  Daemon daemon(model_text("m", wrapped()));
  REQUIRE(exchange(daemon.port(), chat_with("m")).status == 200);
  const std::vector<pid_t> pids = daemon.descendants();
  CHECK(pids.size() >= 2);
  const int status = daemon.end(SIGTERM);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(all_gone(pids));
}

TEST_CASE("a llmsnapd that is killed takes its models with it", "[leftovers][W-49]") {
  Daemon daemon(model_text("m", wrapped("--ignore-term")));
  REQUIRE(exchange(daemon.port(), chat_with("m")).status == 200);
  const std::vector<pid_t> pids = daemon.descendants();
  CHECK(pids.size() >= 2);
  const auto begin = Clock::now();
  daemon.end(SIGKILL);
  CHECK(eventually([&pids] { return all_gone(pids); }));
  CHECK(Clock::now() - begin < 5s);  // a loaded machine
}

TEST_CASE("a llmsnapd that is killed while a model starts takes it with it", "[leftovers]") {
  Daemon daemon(model_text("m", wrapped("--load-ms 60000")));
  TestSocket client = TestSocket::connect(daemon.port());
  client.send(chat_with("m"));
  REQUIRE(eventually([&daemon] { return daemon.descendants().size() >= 2; }));
  const std::vector<pid_t> pids = daemon.descendants();
  const auto begin = Clock::now();
  daemon.end(SIGKILL);
  CHECK(eventually([&pids] { return all_gone(pids); }));
  CHECK(Clock::now() - begin < 5s);  // a loaded machine
}

TEST_CASE("llmsnapd buries what its models leave behind", "[leftovers]") {
  Daemon daemon(model_text(
      "m", "sh -c '(setsid sleep 1 &); (sleep 1 &); exec " + fake_model() + " --port ${PORT}'"));
  REQUIRE(exchange(daemon.port(), chat_with("m")).status == 200);
  std::vector<pid_t> orphans;
  REQUIRE(eventually([&daemon, &orphans] {
    orphans.clear();
    for (const pid_t child : process::children_of(daemon.pid())) {
      if (const auto stat = process::process_stat(child); stat && stat->command == "sleep") {
        orphans.push_back(child);
      }
    }
    return orphans.size() == 2;
  }));
  for (const pid_t orphan : orphans) {
    CHECK(eventually([orphan] { return !process::process_stat(orphan); }));  // no zombie either
  }
  CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("a llmsnapd that is killed takes what left its models' groups with it",
          "[leftovers][W-49]") {
  Daemon daemon(model_text("m", fake_model() + " --port ${PORT} --fork-grandchild port,setsid"));
  REQUIRE(exchange(daemon.port(), chat_with("m")).status == 200);
  const pid_t escaped = escaped_from(daemon);
  daemon.end(SIGKILL);
  CHECK(eventually([escaped] { return is_gone(escaped); }));
}

TEST_CASE("what the guard of a killed llmsnapd does not end is ended by the next one",
          "[leftovers][W-49]") {
  std::vector<pid_t> escaped;
  std::optional<HaltedGuard> guard;
  {
    Daemon daemon(model_text("m", fake_model() + " --port ${PORT} --fork-grandchild setsid"));
    REQUIRE(exchange(daemon.port(), chat_with("m")).status == 200);
    escaped.push_back(escaped_from(daemon));
    guard.emplace(guard_of(daemon));
    daemon.end(SIGKILL);
  }
  REQUIRE_FALSE(all_gone(escaped));
  Daemon next(model_text("m", fake_model() + " --port ${PORT}"));
  CHECK(eventually([&escaped] { return all_gone(escaped); }));
}
