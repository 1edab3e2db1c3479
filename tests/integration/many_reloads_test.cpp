// Very many new configs while models run: no request is cut, and nothing is left behind.
#include <sys/types.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "catch.h"
#include "io/sanitizer.h"
#include "support/process_config.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

using io::SanitizersActive;

ModelConfig with_other_flags(ModelConfig model) {
  model.env.emplace_back("ANOTHER=1");
  return model;
}

struct Descriptors {
  int sockets = 0;
  int others = 0;

  bool operator==(const Descriptors&) const = default;
};

Descriptors open_descriptors() {
  Descriptors open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (!gone) {
      ++(target.starts_with("socket:") ? open.sockets : open.others);
    }
  }
  return open;
}

std::size_t resident_kib() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  statm >> size >> resident;
  return resident * 4;
}

}  // namespace

TEST_CASE("a thousand reloads under load cut no request, restart no model and leave nothing behind",
          "[reload][H01]") {
  constexpr int Rounds = SanitizersActive ? 100 : 1'000;
  std::vector<ModelConfig> models;
  for (int i = 0; i < 10; ++i) {
    models.push_back(process_model("m" + std::to_string(i)));
  }
  Config config = side_by_side(models);
  // What is kept of requests takes its memory as they come.
  config.recording.capture_megabytes = 0;
  config.recording.records_in_memory = 10;
  ProcessGateway gateway(config);
  const Descriptors descriptors = open_descriptors();
  for (const ModelConfig& model : models) {
    REQUIRE(gateway.chat(model.id).status == 200);
  }
  std::atomic<bool> over = false;
  std::atomic<int> failed = 0;
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  for (int client = 0; client < 4; ++client) {
    clients.emplace_back([&, client] {
      for (int i = client; !over; ++i) {
        const bool well = gateway.chat("m" + std::to_string(i % 10)).status == 200;
        ++(well ? answered : failed);
      }
    });
  }
  std::vector<std::chrono::steady_clock::duration> taken;
  const auto reload = [&](int rounds) {
    for (int round = 0; round < rounds; ++round) {
      Config next = config;
      next.models["m0"].ttl = std::chrono::hours(1 + round);
      const auto begun = std::chrono::steady_clock::now();
      gateway.gateway().reload(next);
      taken.push_back(std::chrono::steady_clock::now() - begun);
    }
  };
  reload(Rounds / 10);
  const std::size_t memory = resident_kib();
  reload(Rounds);
  const std::size_t memory_after = resident_kib();
  over = true;
  for (std::thread& client : clients) {
    client.join();
  }
  CHECK(failed == 0);
  CHECK(answered > 0);
  // Half of them, as other work on the machine makes some of anything slow.
  const auto middle = taken.begin() + static_cast<std::ptrdiff_t>(taken.size() / 2);
  std::nth_element(taken.begin(), middle, taken.end());
  CHECK((SanitizersActive || *middle <= 50ms));
  for (const ModelConfig& model : models) {
    CHECK(gateway.history().counts(model.id, ModelState::Starting, 1));
  }
  // A sanitizer keeps what was freed.
  CHECK((SanitizersActive || memory_after <= memory + 8 * 1024));
  // Without models and clients nothing is open that was not before them.
  CHECK(exchange(gateway.port(), post_to("/api/models/unload")).status == 200);
  CHECK(eventually([&descriptors] { return open_descriptors() == descriptors; }));
}

TEST_CASE("a model that changes with each of many reloads leaves nothing behind", "[reload]") {
  ModelConfig model = process_model("m");
  ProcessGateway gateway(process_config({model}));
  for (int round = 0; round < 20; ++round) {
    model.env = {"ROUND=" + std::to_string(round)};
    gateway.gateway().reload(process_config({model}));
    REQUIRE(gateway.chat("m").status == 200);
  }
  CHECK(gateway.processes().list().size() == 1);
  CHECK(gateway.history().wait_for("m", ModelState::Starting, 20));
}

TEST_CASE("reloads, starts, stops and requests at once come one after the other", "[reload][H05]") {
  const bool unloads = GENERATE(true, false);
  const ModelConfig a = process_model("a");
  const ModelConfig b = process_model("b");
  ProcessGateway gateway(process_config({a, b}));
  const auto repeat = [](const auto& act) {
    return std::thread([act] {
      for (int round = 0; round < 30; ++round) {
        act(round);
      }
    });
  };
  std::atomic<int> wrong{0};
  std::vector<std::thread> crowd;
  for (int i = 0; i < 2; ++i) {
    crowd.push_back(repeat([&, i](int round) {
      const ModelConfig changed = round % 3 == i ? with_other_flags(a) : a;
      gateway.gateway().reload(round % 2 == 0 ? process_config({changed, b})
                                              : process_config({changed}));
    }));
  }
  crowd.push_back(
      repeat([&gateway](int) { exchange(gateway.port(), post_to("/api/models/load/b")); }));
  crowd.push_back(repeat([&gateway, &wrong, unloads](int) {
    // Who is in a model that is unloaded is cut; nothing else may happen to a request.
    const int status = gateway.chat("a").status;
    wrong += status == 200 || (unloads && (status == 503 || status == 502)) ? 0 : 1;
  }));
  if (unloads) {
    crowd.push_back(repeat([&gateway](int) { gateway.unload("a"); }));
  }
  for (std::thread& one : crowd) {
    one.join();
  }
  CHECK(wrong == 0);
  gateway.gateway().reload(process_config({a, b}));
  CHECK(gateway.chat("a").status == 200);
  CHECK(gateway.chat("b").status == 200);
  CHECK(gateway.processes().list().size() == 2);
}
