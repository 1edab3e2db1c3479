// Swaps: models make room for each other as their groups say, and no request is lost over it.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "catch.h"
#include "process/proc_files.h"
#include "support/contains.h"
#include "support/process_config.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

/// An answer takes its time: a stream that is open for as long as a test needs it.
constexpr const char* Slow = "--tokens 2000 --tokens-per-second 100";
/// A stream of about half a second.
constexpr const char* Brief = "--tokens 50 --tokens-per-second 100";

GroupConfig group_of(const std::string& name, std::vector<std::string> members) {
  GroupConfig group;
  group.name = name;
  group.members = std::move(members);
  return group;
}

std::size_t open_descriptors() {
  return process::numbers_in("/proc/self/fd").size();
}

/// Models a and b, which may run at the same time.
Config side_by_side() {
  Config config = process_config({process_model("a"), process_model("b")});
  config.groups = {group_of("both", {"a", "b"})};
  config.groups[0].swap = false;
  return config;
}

}  // namespace

TEST_CASE("two models that no group names swap", "[swap]") {
  ProcessGateway gateway({process_model("a"), process_model("b")});
  CHECK(gateway.chat("a").status == 200);
  const pid_t first = gateway.pid("a");
  CHECK(gateway.chat("b").status == 200);
  CHECK(is_gone(first));
  CHECK(gateway.status("a").state == ModelState::Stopped);
  CHECK(gateway.chat("a").status == 200);
  CHECK(gateway.history().becomes(
      "a starting, a ready, a draining, a stopping, a stopped, b starting, b ready, "
      "b draining, b stopping, b stopped, a starting, a ready"));
}

TEST_CASE("requests in flight end before their model makes room", "[swap]") {
  ProcessGateway gateway({process_model("a", Brief), process_model("b")});
  std::vector<TestSocket> streams;
  for (int i = 0; i < 5; ++i) {
    streams.push_back(gateway.begun_stream("a"));
  }
  TestSocket other = gateway.client(chat_with("b"));
  for (TestSocket& stream : streams) {
    const ReceivedAnswer answer = receive_answer(stream);
    CHECK(answer.complete);
    CHECK(contains(answer.body, "[DONE]"));
  }
  CHECK(receive_answer(other).status == 200);
  CHECK(gateway.history().wait_for("a", ModelState::Stopped));
}

TEST_CASE("many swaps back and forth answer every request", "[swap]") {
  ProcessGateway gateway({process_model("a"), process_model("b")});
  std::vector<TestSocket> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(gateway.client(chat_with(i % 2 == 0 ? "a" : "b")));
  }
  for (TestSocket& client : clients) {
    CHECK(receive_answer(client).status == 200);
  }
  for (int i = 0; i < 10; ++i) {
    CHECK(gateway.chat(i % 2 == 0 ? "a" : "b").status == 200);
  }
}

TEST_CASE("clients that leave while they wait start nothing and leave nothing behind",
          "[swap][W-22]") {
  ModelConfig impatient = process_model("b");
  impatient.max_wait = 1ms;
  ProcessGateway gateway({process_model("a", Slow), impatient});
  TestSocket stream = gateway.begun_stream("a");
  const std::size_t before = open_descriptors();
  {
    std::vector<TestSocket> clients;
    for (int i = 0; i < 300; ++i) {
      clients.push_back(gateway.client(chat_with("b")));
    }
    REQUIRE(eventually([&] { return open_descriptors() >= before + 600; }));
    REQUIRE(gateway.history().wait_for("a", ModelState::Draining));
  }
  const auto records = gateway.wait_for_records(300);
  CHECK(records.size() == 300);
  for (const TrafficRecord& record : records) {
    CHECK(record.outcome == Outcome::ClientLeft);
  }
  CHECK(eventually([&] { return open_descriptors() <= before; }));
  CHECK(gateway.history().count("b", ModelState::Starting) == 0);
  // Nobody needs its room any more.
  CHECK(eventually([&] { return gateway.status("a").state == ModelState::Ready; }));
  const TestSocket another = gateway.begun_stream("a");
  stream.close();
  CHECK(gateway.history().count("b", ModelState::Starting) == 0);
}

TEST_CASE("a busy model gives way after maxWait", "[swap][W-20]") {
  ModelConfig patient = process_model("b");
  patient.max_wait = 200ms;
  ProcessGateway gateway({process_model("a", "--tokens 30 --tokens-per-second 100"), patient});
  std::atomic<bool> enough{false};
  std::vector<std::thread> crowd;  // each begins its next stream while the others are in theirs
  std::atomic<int> broken{0};
  REQUIRE(gateway.chat("a").status == 200);
  for (int i = 0; i < 3; ++i) {
    crowd.emplace_back([&gateway, &enough, &broken] {
      while (!enough) {
        broken += exchange(gateway.port(), stream_from("a")).complete ? 0 : 1;
      }
    });
  }
  REQUIRE(eventually([&] { return gateway.status("a").in_flight == 3; }));
  CHECK(gateway.chat("b").status == 200);
  enough = true;
  for (std::thread& one : crowd) {
    one.join();
  }
  CHECK(broken == 0);
}

TEST_CASE("an unload refuses those who wait for the model", "[swap]") {
  ProcessGateway gateway({process_model("a", Slow), process_model("b")});
  const TestSocket stream = gateway.begun_stream("a");
  TestSocket waiting = gateway.client(chat_with("b"));
  REQUIRE(gateway.history().wait_for("a", ModelState::Ready));
  REQUIRE(eventually([&] {
    CHECK(gateway.unload("b").status == 200);  // again and again, until it is in the queue
    return waiting.wait_readable(10ms);
  }));
  const ReceivedAnswer answer = receive_answer(waiting);
  CHECK(answer.status == 503);
  CHECK(answer.field("retry-after") != "(none)");
  CHECK(contains(answer.body, "unloaded"));
  CHECK(gateway.history().count("b", ModelState::Starting) == 0);
}

TEST_CASE("an unload of all stops all", "[swap]") {
  const std::string how = GENERATE("GET /unload HTTP/1.1\r\nHost: localhost\r\n\r\n", "");
  ProcessGateway gateway(side_by_side());
  CHECK(gateway.chat("a").status == 200);
  CHECK(gateway.chat("b").status == 200);
  const pid_t a = gateway.pid("a");
  const pid_t b = gateway.pid("b");
  const ReceivedAnswer answer =
      exchange(gateway.port(), how.empty() ? post_to("/api/models/unload") : how);
  CHECK(answer.status == 200);
  CHECK(is_gone(a));
  CHECK(is_gone(b));
}

TEST_CASE("an unload of all stops all at the same time", "[swap]") {
  ProcessGateway gateway(side_by_side(
      {process_model("a", "--term-delay-ms 200"), process_model("b", "--term-delay-ms 200")}));
  CHECK(gateway.chat("a").status == 200);
  CHECK(gateway.chat("b").status == 200);
  CHECK(exchange(gateway.port(), post_to("/api/models/unload")).status == 200);
  CHECK(gateway.history().wait_for("a", ModelState::Stopped));
  CHECK(gateway.history().wait_for("b", ModelState::Stopped));
  const std::string words = gateway.history().in_words();
  CHECK(words.find("a stopping") < words.find("b stopped"));
  CHECK(words.find("b stopping") < words.find("a stopped"));
}

TEST_CASE("the members of a group that does not swap run beside each other", "[swap]") {
  ProcessGateway gateway(side_by_side());
  CHECK(gateway.chat("a").status == 200);
  CHECK(gateway.chat("b").status == 200);
  CHECK(gateway.status("a").state == ModelState::Ready);
  CHECK(gateway.status("b").state == ModelState::Ready);
  const ReceivedAnswer running =
      exchange(gateway.port(), "GET /running HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(contains(running.body, R"("model":"a","state":"ready")"));
  CHECK(contains(running.body, R"("model":"b","state":"ready")"));
}

TEST_CASE("groups that are not exclusive run beside each other, each with one member", "[swap]") {
  Config config = process_config({process_model("a"), process_model("b"), process_model("c")});
  config.groups = {group_of("one", {"a", "c"}), group_of("other", {"b"})};
  config.groups[0].exclusive = false;
  config.groups[1].exclusive = false;
  ProcessGateway gateway(config);
  for (const char* model : {"a", "b", "c"}) {
    CHECK(gateway.chat(model).status == 200);
  }
  CHECK(gateway.history().becomes(
      "a starting, a ready, b starting, b ready, a draining, a stopping, a stopped, c starting, "
      "c ready"));
}

TEST_CASE("a persistent group stays while others come and go", "[swap]") {
  Config config = process_config({process_model("a"), process_model("b"), process_model("c")});
  config.groups = {group_of("always", {"a"})};
  config.groups[0].persistent = true;
  config.groups[0].exclusive = false;
  ProcessGateway gateway(config);
  CHECK(gateway.chat("b").status == 200);
  CHECK(gateway.chat("a").status == 200);
  CHECK(gateway.status("b").state == ModelState::Ready);
  const pid_t pid = gateway.pid("a");
  CHECK(gateway.chat("c").status == 200);
  CHECK(gateway.status("b").state == ModelState::Stopped);
  CHECK(gateway.pid("a") == pid);
}

TEST_CASE("a start that fails in a swap leaves the way free", "[swap]") {
  ProcessGateway gateway({process_model("a"), command_model("b", "/nowhere/server")});
  CHECK(gateway.chat("a").status == 200);
  CHECK(gateway.chat("b").status == 502);
  CHECK(gateway.chat("a").status == 200);
}

TEST_CASE("the concurrency limit refuses those beyond it", "[swap]") {
  ModelConfig model = process_model("a", Slow);
  model.concurrency_limit = 2;
  ProcessGateway gateway({model});
  const TestSocket one = gateway.begun_stream("a");
  const TestSocket two = gateway.begun_stream("a");
  const ReceivedAnswer answer = gateway.chat("a");
  CHECK(answer.status == 429);
  CHECK(answer.field("retry-after") != "(none)");
  CHECK(contains(answer.body, "\"code\":\"concurrency_limit\""));
}

TEST_CASE("a swap waits for the exit of a model that takes its time", "[swap]") {
  ProcessGateway gateway({process_model("a", "--term-delay-ms 300"), process_model("b")});
  CHECK(gateway.chat("a").status == 200);
  const pid_t a = gateway.pid("a");
  TestSocket client = gateway.client(chat_with("b"));
  const pid_t b = gateway.pid("b");
  CHECK(is_gone(a));
  CHECK(b != a);
  CHECK(receive_answer(client).status == 200);
}

TEST_CASE("who waits longer than the queue's timeout is refused", "[swap]") {
  ModelConfig hurried = process_model("b");
  hurried.queue_timeout = 50ms;
  ProcessGateway gateway({process_model("a", Slow), hurried});
  const TestSocket stream = gateway.begun_stream("a");
  const ReceivedAnswer answer = gateway.chat("b");
  CHECK(answer.status == 503);
  CHECK(answer.field("retry-after") != "(none)");
  CHECK(contains(answer.body, "queue.timeout"));
  CHECK(gateway.history().count("b", ModelState::Starting) == 0);
}

TEST_CASE("the queue's limit refuses those beyond it", "[swap]") {
  ModelConfig model = process_model("b", "--load-ms 60000");
  model.queue_limit = 2;
  ProcessGateway gateway({model});
  std::vector<TestSocket> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(gateway.client(chat_with("b")));
  }
  const auto refused = [&waiting] {
    return std::count_if(waiting.begin(), waiting.end(), [](const TestSocket& client) {
      return client.wait_readable(std::chrono::milliseconds(0));
    });
  };
  CHECK(eventually([&refused] { return refused() == 1; }));
  CHECK(gateway.unload("b").status == 200);
  for (TestSocket& client : waiting) {
    CHECK(receive_answer(client).status == 503);
  }
}

TEST_CASE("an unload while the model drains cuts it short", "[swap]") {
  ModelConfig impatient = process_model("b");
  impatient.max_wait = 1ms;
  ProcessGateway gateway({process_model("a", Slow), impatient});
  TestSocket stream = gateway.begun_stream("a");
  TestSocket waiting = gateway.client(chat_with("b"));
  REQUIRE(gateway.history().wait_for("a", ModelState::Draining));
  CHECK(gateway.unload("a").status == 200);
  CHECK_FALSE(receive_answer(stream).complete);
  CHECK(receive_answer(waiting).status == 200);
}

TEST_CASE("a drain that lasts too long is cut at drainTimeout", "[swap][W-23]") {
  ModelConfig impatient = process_model("b");
  impatient.max_wait = 1ms;
  ModelConfig busy = process_model("a", Slow);
  busy.drain_timeout = 100ms;
  ProcessGateway gateway({busy, impatient});
  TestSocket stream = gateway.begun_stream("a");
  CHECK(gateway.chat("b").status == 200);
  CHECK_FALSE(receive_answer(stream).complete);
}

TEST_CASE("a model whose client has just left gets a moment to notice before it is stopped",
          "[swap]") {
  ProcessGateway gateway(
      {process_model("a", "--tokens 2000 --tokens-per-second 100"), process_model("b")});
  TestSocket stream = gateway.client(stream_from("a"));
  stream.receive_until("data: ");
  TestSocket other = gateway.client(chat_with("b"));
  REQUIRE(gateway.history().becomes("a starting, a ready"));
  const auto left = std::chrono::system_clock::now();
  stream.close();
  CHECK(receive_answer(other).status == 200);
  REQUIRE(gateway.history().wait_for("a", ModelState::Stopped));  // news comes a moment later
  const std::vector<ModelEvent> events = gateway.history().events();
  const auto stopped = std::find_if(events.begin(), events.end(), [](const ModelEvent& event) {
    return event.model == "a" && event.to == ModelState::Stopped;
  });
  REQUIRE(stopped != events.end());
  CHECK(stopped->at - left >= 50ms);
}
