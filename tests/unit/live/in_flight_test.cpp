#include "live/in_flight.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "io/fiber.h"
#include "io/loop.h"
#include "io/wait.h"
#include "live/in_flight_json.h"

namespace llmsnap::live {
namespace {

using namespace std::chrono_literals;

const SteadyClock::time_point Start{std::chrono::hours(1)};

struct Asked {
  explicit Asked(InFlight& list, std::string model = "m") {
    head.method = "POST";
    head.fields = {{"Authorization", "Bearer sk-secret"}, {"User-Agent", "curl/8"}};
    place = std::make_unique<InFlight::Place>(list, Arrival{.head = head,
                                                            .path = "/v1/completions",
                                                            .client = "10.0.0.1",
                                                            .request_id = "r1",
                                                            .received_at = {},
                                                            .received = Start,
                                                            .model = std::move(model)});
  }
  wire::RequestHead head;
  std::unique_ptr<InFlight::Place> place;
};

TEST_CASE("a request is listed while it is in work, oldest first", "[live]") {
  InFlight list;
  CHECK(list.list(10).empty());
  Asked first(list, "a");
  {
    const Asked second(list, "b");
    const auto sights = list.list(10);
    REQUIRE(sights.size() == 2);
    CHECK(sights[0].number == 1);
    CHECK(sights[0].model == "a");
    CHECK(sights[1].model == "b");
    CHECK(list.list(1).size() == 1);
  }
  CHECK(list.count() == 1);
  first.place.reset();
  CHECK(list.count() == 0);
}

TEST_CASE("what is shown of a request has no credential in it", "[live]") {
  InFlight list;
  const Asked asked(list);
  wire::ResponseHead answer;
  answer.fields = {{"Set-Cookie", "s=1"}, {"X-Model", "m"}};
  asked.place->set_answer(answer);
  asked.place->add_bytes(5);
  const auto json = nlohmann::json::parse(snapshot_json(list.list(1), Start + 1500ms));
  const auto& entry = json.at("requests").at(0);
  CHECK(json.at("operation") == "snapshot");
  CHECK(entry.at("id") == "1");
  CHECK(entry.at("req_headers").at("Authorization") == "[REDACTED]");
  CHECK(entry.at("req_headers").at("User-Agent") == "curl/8");
  CHECK(entry.at("resp_headers").at("Set-Cookie") == "[REDACTED]");
  CHECK(entry.at("resp_headers").at("X-Model") == "m");
  CHECK(entry.at("resp_bytes") == 5);
  CHECK(entry.at("elapsed_ms") == 1500);
  CHECK(entry.at("remote_ip") == "10.0.0.1");
}

TEST_CASE("changes are a request's arrival, its answer's head, its bytes and its end", "[live]") {
  InFlight list;
  list.watch(true);
  Asked asked(list);
  CHECK(list.changes(Start).seen.size() == 1);
  CHECK(list.changes(Start).seen.empty());

  wire::ResponseHead answer;
  asked.place->set_answer(answer);
  CHECK(list.changes(Start).seen.size() == 1);

  asked.place->add_bytes(5);
  CHECK(list.changes(Start + 100ms).seen.empty());  // bytes are told now and then only
  const auto later = list.changes(Start + 250ms);
  REQUIRE(later.seen.size() == 1);
  CHECK(later.seen[0].answer_bytes == 5);
  CHECK(later.again == Start + 500ms);

  asked.place.reset();
  CHECK(list.changes(Start + 300ms).gone == std::vector<std::uint64_t>{1});
}

TEST_CASE("the first word of a request says that no time has passed, however late it comes",
          "[live]") {
  InFlight list;
  list.watch(true);
  const Asked asked(list);
  asked.place->add_bytes(5);
  const auto told_elapsed = [&list](SteadyClock::time_point now) {
    const auto changes = list.changes(now);
    REQUIRE(changes.seen.size() == 1);
    return nlohmann::json::parse(upsert_json(changes.seen[0], now)).at("request").at("elapsed_ms");
  };
  CHECK(told_elapsed(Start + 16ms) == 0);
  asked.place->add_bytes(5);
  CHECK(told_elapsed(Start + 516ms) == 516);
}

TEST_CASE("a request that ended before it was told of is not told of", "[live]") {
  InFlight list;
  list.watch(true);
  { const Asked asked(list); }
  const auto changes = list.changes(Start);
  CHECK(changes.seen.empty());
  CHECK(changes.gone.empty());
}

TEST_CASE("too many changes become one look at the whole list", "[live]") {
  InFlight list;
  list.watch(true);
  std::vector<std::unique_ptr<Asked>> many;
  for (int i = 0; i < 200; ++i) {
    many.push_back(std::make_unique<Asked>(list));
  }
  CHECK(list.changes(Start).all);
  many.clear();
  CHECK(list.changes(Start).all);
  CHECK_FALSE(list.changes(Start).all);
}

TEST_CASE("nothing is collected while nobody looks", "[live]") {
  InFlight list;
  int told = 0;
  list.on_change([&told] { ++told; });
  const Asked before(list);
  CHECK(told == 0);
  list.watch(true);
  const Asked after(list);
  CHECK(told == 1);
  CHECK(list.changes(Start).seen.size() == 1);
}

TEST_CASE("whoever waits for a request that is cancelled goes on at once", "[live]") {
  InFlight list;
  io::Loop loop;
  io::Interruption interruption;
  bool was_cancelled = false;
  CHECK_FALSE(list.cancel(1));
  REQUIRE(loop.spawn([&] {
    io::Fiber::current()->watch(&interruption);
    const Asked asked(list);
    if (list.cancel(1)) {
      io::Wait wait;
      const bool was_interrupted = wait.until(NoDeadline) == io::WaitResult::Shutdown;
      was_cancelled = was_interrupted && asked.place->cancelled();
    }
    loop.stop();
  }));
  loop.run();
  CHECK(was_cancelled);
  CHECK_FALSE(list.cancel(1));
}

}  // namespace
}  // namespace llmsnap::live
