// ProcessManager as a library: models without a gateway, and beside what else the program does.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <future>
#include <optional>

#include "catch.h"
#include "llmsnap/process_manager.h"
#include "process/proc_files.h"
#include "support/contains.h"
#include "support/process_config.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

/// A process of the program's own, which no gateway may touch.
pid_t spawn_sleeper() {
  std::array<char*, 3> words{const_cast<char*>("sleep"), const_cast<char*>("60"), nullptr};
  std::array<char*, 1> environment{nullptr};
  pid_t pid = -1;
  REQUIRE(::posix_spawnp(&pid, "sleep", nullptr, nullptr, words.data(), environment.data()) == 0);
  return pid;
}

pid_t pid_of(const ProcessManager& manager, std::string_view model) {
  for (const ModelStatus& status : manager.list()) {
    if (status.model == model) {
      return status.pid;
    }
  }
  return 0;
}

}  // namespace

TEST_CASE("a manager alone starts, tells, swaps and stops", "[manager]") {
  ProcessManager manager(process_config({process_model("a"), process_model("b")}));
  ModelHistory history(manager);
  REQUIRE(manager.list().size() == 2);
  CHECK(manager.list()[0].model == "a");
  CHECK(manager.list()[0].state == ModelState::Stopped);
  CHECK(manager.stop("a"));
  CHECK(manager.start("a"));
  CHECK(manager.wait("a", ModelState::Ready, 0ms));
  CHECK(contains(manager.output("a").value(), "listening on"));
  const pid_t a = pid_of(manager, "a");
  CHECK(a > 0);
  CHECK(manager.start("a"));  // runs already
  CHECK(pid_of(manager, "a") == a);
  CHECK(manager.start("b"));
  CHECK(is_gone(a));
  const pid_t b = pid_of(manager, "b");
  CHECK(manager.stop("b"));
  CHECK(is_gone(b));
  CHECK(manager.stop("b"));
  CHECK(history.becomes(
      "a starting, a ready, a draining, a stopping, a stopped, b starting, b ready, "
      "b stopping, b stopped"));
  for (const ModelEvent& event : history.events()) {
    CHECK_FALSE(event.why.empty());
  }
}

TEST_CASE("a manager says what it does not know and what went wrong", "[manager]") {
  ModelConfig slow = process_model("slow", "--load-ms 60000");
  ModelConfig elsewhere;
  elsewhere.id = "elsewhere";
  elsewhere.proxy = "http://127.0.0.1:9";
  ModelConfig named = process_model("named");
  named.aliases = {"other"};
  ProcessManager manager(process_config(
      {command_model("broken", "sh -c 'echo no memory; exit 4'"), slow, elsewhere, named}));
  CHECK(manager.list().size() == 3);
  CHECK(manager.start("nobody").error().code == ErrorCode::NotFound);
  CHECK(manager.stop("elsewhere").error().code == ErrorCode::NotFound);
  CHECK(manager.output("nobody").error().code == ErrorCode::NotFound);
  CHECK(manager.wait("nobody", ModelState::Ready, 0ms).error().code == ErrorCode::NotFound);
  const Result<void> broken = manager.start("broken");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code == ErrorCode::UpstreamFailed);
  CHECK(contains(broken.error().message, "exited with code 4"));
  CHECK(contains(broken.error().message, "no memory"));
  CHECK(manager.wait("broken", ModelState::Failed, Patience));
  CHECK(manager.wait("slow", ModelState::Ready, 20ms).error().code == ErrorCode::UpstreamTimeout);
  CHECK(manager.start("other"));
  CHECK(manager.wait("other", ModelState::Ready, Patience));
}

TEST_CASE("a stop from another thread ends a start that waits", "[manager]") {
  ProcessManager manager(process_config({process_model("m", "--load-ms 60000")}));
  auto start = std::async(std::launch::async, [&manager] { return manager.start("m"); });
  REQUIRE(manager.wait("m", ModelState::Starting, Patience));
  CHECK(manager.stop("m"));
  const Result<void> started = start.get();
  REQUIRE_FALSE(started);
  CHECK(started.error().code == ErrorCode::Unavailable);
}

TEST_CASE("wait is woken from another thread's start", "[manager]") {
  ProcessManager manager(process_config({process_model("m", "--load-ms 100")}));
  auto waited = std::async(std::launch::async, [&manager] {
    return static_cast<bool>(manager.wait("m", ModelState::Ready, Patience));
  });
  CHECK(manager.start("m"));
  CHECK(waited.get());
}

TEST_CASE("a shutdown stops all, refuses what waits, and starts nothing any more", "[manager]") {
  Config config = process_config({process_model("a"), process_model("b", "--load-ms 60000")});
  config.groups = {GroupConfig{.name = "both", .swap = false, .members = {"a", "b"}}};
  ProcessManager manager(config);
  REQUIRE(manager.start("a"));
  auto start = std::async(std::launch::async, [&manager] { return manager.start("b"); });
  REQUIRE(manager.wait("b", ModelState::Starting, Patience));
  REQUIRE(eventually([&manager] { return pid_of(manager, "b") > 0; }));
  const pid_t a = pid_of(manager, "a");
  const pid_t b = pid_of(manager, "b");
  auto second = std::async(std::launch::async, [&manager] { manager.shutdown(); });
  manager.shutdown();
  second.get();
  CHECK(is_gone(a));
  CHECK(is_gone(b));
  CHECK_FALSE(start.get());
  const Result<void> late = manager.start("a");
  REQUIRE_FALSE(late);
  CHECK(late.error().code == ErrorCode::Unavailable);
}

TEST_CASE("a manager without models, and one that starts nothing, end at once", "[manager]") {
  ProcessManager none{Config{}};
  CHECK(none.list().empty());
  const ProcessManager idle(process_config({process_model("m")}));
  CHECK(idle.list()[0].pid == 0);
}

TEST_CASE("a child of the program is neither reaped nor killed", "[manager]") {
  const pid_t before = spawn_sleeper();
  const pid_t quick = ::fork();
  if (quick == 0) {
    ::_exit(42);
  }
  pid_t during = -1;
  {
    ProcessGateway gateway({process_model("m", "--fork-grandchild setsid")});
    CHECK(gateway.chat().status == 200);
    during = spawn_sleeper();
    CHECK(gateway.unload().status == 200);
    CHECK(gateway.chat().status == 200);
  }
  int status = 0;
  CHECK(::waitpid(quick, &status, 0) == quick);
  CHECK(WEXITSTATUS(status) == 42);
  for (const pid_t pid : {before, during}) {
    CHECK_FALSE(is_gone(pid));
    CHECK(::kill(pid, SIGKILL) == 0);
    CHECK(::waitpid(pid, &status, 0) == pid);
  }
  CHECK(::waitpid(-1, &status, WNOHANG) == -1);  // and nothing of ours is left
}

TEST_CASE("two gateways with one config do not disturb each other", "[manager]") {
  const Config config = process_config({process_model("m", "--fork-grandchild setsid")});
  ProcessGateway first(config);
  std::optional<ProcessGateway> second(config);
  CHECK(first.chat().status == 200);
  CHECK(second->chat().status == 200);
  const pid_t pid = first.pid();
  const pid_t grandchild = printed_number(first.processes(), "m", "grandchild");
  CHECK(second->pid() != pid);
  CHECK(second->status().port != first.status().port);
  CHECK(second->unload().status == 200);
  CHECK(second->chat().status == 200);
  second.reset();
  CHECK(first.pid() == pid);
  CHECK_FALSE(is_gone(grandchild));
  CHECK(first.chat().status == 200);
}

namespace {

struct Held {
  std::size_t descriptors = process::numbers_in("/proc/self/fd").size();
  std::size_t threads = process::numbers_in("/proc/self/task").size();
  std::size_t children = process::children_of(::getpid()).size();

  friend bool operator==(const Held&, const Held&) = default;
};

/// Starts and stops a model so often; what is held afterwards must be what is held before.
void cycle(int times) {
  ModelConfig model = command_model("m", "sleep 60");
  model.check_endpoint = "none";
  ProcessManager manager(process_config({model}));
  REQUIRE(manager.start("m"));
  REQUIRE(manager.stop("m"));
  const Held before;
  for (int i = 0; i < times; ++i) {
    REQUIRE(manager.start("m"));
    REQUIRE(manager.stop("m"));
  }
  // The pipe of the last one is closed by an I/O thread, in its own time.
  CHECK(eventually([&before] { return Held() == before; }));
}

}  // namespace

TEST_CASE("starts and stops leave no descriptor, thread or zombie", "[manager]") {
  cycle(300);
}

TEST_CASE("ten thousand starts and stops leave no descriptor, thread or zombie", "[.slow]") {
  cycle(10'000);
}
