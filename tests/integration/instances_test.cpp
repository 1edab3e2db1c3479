// Instances: a model of several processes serves as one.
#include <signal.h>

#include <algorithm>
#include <set>

#include "catch.h"
#include "support/contains.h"
#include "support/process_config.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

/// An answer that is open for as long as a test needs it.
constexpr const char* Slow = "--tokens 2000 --tokens-per-second 100";

ModelConfig model_of(std::size_t instances, const std::string& flags = {}) {
  ModelConfig model = process_model("m", flags);
  model.instances = instances;
  return model;
}

bool all_are(ProcessGateway& gateway, ModelState state) {
  const ModelStatus status = gateway.status();
  return std::all_of(status.instances.begin(), status.instances.end(),
                     [state](const InstanceStatus& one) { return one.state == state; });
}

bool all_are_ready(ProcessGateway& gateway) {
  return eventually([&] { return all_are(gateway, ModelState::Ready); });
}

std::vector<std::size_t> loads(ProcessGateway& gateway) {
  std::vector<std::size_t> loads;
  for (const InstanceStatus& one : gateway.status().instances) {
    loads.push_back(one.in_flight);
  }
  return loads;
}

}  // namespace

TEST_CASE("one request starts all instances, each with a port and a process of its own",
          "[instances]") {
  ProcessGateway gateway({model_of(3)});
  CHECK(gateway.chat().status == 200);
  REQUIRE(all_are_ready(gateway));
  std::set<std::uint16_t> ports;
  std::set<int> pids;
  for (const InstanceStatus& one : gateway.status().instances) {
    ports.insert(one.port);
    pids.insert(one.pid);
  }
  CHECK(ports.size() == 3);
  CHECK(pids.size() == 3);
}

TEST_CASE("the decisions about a model's instances tell which", "[instances]") {
  ProcessGateway gateway({model_of(2)});
  CHECK(gateway.chat().status == 200);
  REQUIRE(all_are_ready(gateway));
  const std::string decisions =
      exchange(gateway.port(), "GET /api/scheduler/decisions HTTP/1.1\r\nHost: localhost\r\n\r\n")
          .body;
  CHECK(contains(decisions, R"("model":"m","instance":1,"from":"starting","to":"ready")"));
  CHECK(contains(decisions, R"("model":"m","instance":2,"from":"starting","to":"ready")"));
}

TEST_CASE("requests are spread evenly", "[instances]") {
  ProcessGateway gateway({model_of(3, Slow)});
  std::vector<TestSocket> streams;
  streams.push_back(gateway.begun_stream());
  REQUIRE(all_are_ready(gateway));
  for (int i = 1; i < 9; ++i) {
    streams.push_back(gateway.begun_stream());
  }
  CHECK(loads(gateway) == std::vector<std::size_t>{3, 3, 3});
  CHECK(gateway.status().in_flight == 9);
}

TEST_CASE("requests one after the other take turns", "[instances][3-05]") {
  ProcessGateway gateway({model_of(3, "--fail-after 3")});  // each may answer three
  CHECK(exchange(gateway.port(), post_to("/api/models/load/m")).status == 200);
  REQUIRE(all_are_ready(gateway));
  for (int i = 0; i < 9; ++i) {
    CHECK(gateway.chat().status == 200);
  }
  CHECK(gateway.chat().status == 500);
}

TEST_CASE("the limit is each instance's, and a request beyond all of them is refused",
          "[instances]") {
  ModelConfig model = model_of(2, Slow);
  model.concurrency_limit = 1;
  ProcessGateway gateway({model});
  TestSocket first = gateway.begun_stream();
  REQUIRE(all_are_ready(gateway));
  TestSocket second = gateway.begun_stream();
  CHECK(gateway.chat().status == 429);
}

TEST_CASE("an instance that dies comes back, and the others serve on", "[instances]") {
  ProcessGateway gateway({model_of(2)});
  CHECK(gateway.chat().status == 200);
  REQUIRE(all_are_ready(gateway));
  const InstanceStatus killed = gateway.status().instances.at(1);
  kill(killed.pid, SIGKILL);
  CHECK(eventually([&] {
    const InstanceStatus now = gateway.status().instances.at(1);
    return now.state == ModelState::Ready && now.pid != killed.pid;
  }));
  CHECK(gateway.chat().status == 200);
  CHECK(gateway.history().wait_for("m", ModelState::Failed));
  const std::string why = gateway.history().last_why("m", ModelState::Failed);
  CHECK(contains(why, ":" + std::to_string(killed.port)));  // its own last output alone
  CHECK(!contains(why, ":" + std::to_string(gateway.status().instances.at(0).port)));
  CHECK(contains(*gateway.processes().output("m"),
                 ":" + std::to_string(gateway.status().instances.at(0).port)));
}

TEST_CASE("a model that is busy at one instance makes no room yet", "[instances][3-04]") {
  ProcessGateway gateway({model_of(2, Slow), process_model("other")});
  TestSocket stream = gateway.begun_stream();
  REQUIRE(all_are_ready(gateway));
  TestSocket other = gateway.client(chat_with("other"));
  CHECK(!other.wait_readable(300ms));
  CHECK(all_are(gateway, ModelState::Ready));
  stream.close();
  CHECK(receive_answer(other).status == 200);
  CHECK(all_are(gateway, ModelState::Stopped));
}

TEST_CASE("an unload ends all instances, and a start that fails at all of them says why",
          "[instances]") {
  ProcessGateway gateway({model_of(2)});
  CHECK(gateway.chat().status == 200);
  REQUIRE(all_are_ready(gateway));
  CHECK(gateway.unload().status == 200);
  CHECK(all_are(gateway, ModelState::Stopped));

  ProcessGateway failing({model_of(2, "--load-ms 60000 --exit-after-ms 50")});
  const ReceivedAnswer answer = failing.chat();
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "exited with code 1"));
}

TEST_CASE("instances are told apart in the log and in the list of what runs", "[instances]") {
  ProcessGateway gateway({model_of(2)});
  CHECK(gateway.chat().status == 200);
  REQUIRE(all_are_ready(gateway));
  CHECK(eventually([&] { return gateway.has_logged("model m #1: ready after"); }));
  CHECK(eventually([&] { return gateway.has_logged("model m #2: starts"); }));
  const ReceivedAnswer running =
      exchange(gateway.port(), "GET /running HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(contains(running.body, "\"instances\":[{"));
}
