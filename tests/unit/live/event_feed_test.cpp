#include "live/event_feed.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/mutex.h"
#include "catch.h"

namespace llmsnap::live {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr std::size_t Plenty = 10'000'000;

struct Told {
  std::string type;
  Json data;
};

Told told_by(const std::string& frame) {
  const auto begin = frame.find("data:");
  const Json json = Json::parse(frame.substr(begin + 5));
  return {json.at("type"), Json::parse(json.at("data").get<std::string>())};
}

/// A feed, and its events as they come.
struct Watched {
  Watched() : subscription(feed.ring().on_append([this] { ring_bell(); })) {
    position = feed.ring().end();
  }

  void ring_bell() {
    const MutexLock lock(mutex);
    changed.notify_all();
  }

  /// The next event of that type; nothing if it does not come.
  std::optional<Told> next(const std::string& type) {
    const auto deadline = SteadyClock::now() + 10s;
    for (;;) {
      const auto news = feed.ring().read_from(position, Plenty);
      position = news.next;
      for (const Frame& frame : news.frames) {
        events.push_back(told_by(*frame));
      }
      while (seen < events.size()) {
        if (events[seen++].type == type) {
          return events[seen - 1];
        }
      }
      const MutexLock lock(mutex);
      if (feed.ring().end() == position &&
          changed.wait_until(mutex, deadline) == std::cv_status::timeout) {
        return std::nullopt;
      }
    }
  }

  Worker worker;
  SharedLogs logs;
  InFlight in_flight;
  EventFeed feed{worker, logs, in_flight, {{"modelStatus", [] { return "[]"; }}}};
  Mutex mutex;
  CondVar changed;
  Subscription subscription;
  std::uint64_t position = 0;
  std::vector<Told> events;
  std::size_t seen = 0;
};

TEST_CASE("a newcomer is told the logs, the parts and what is in flight, in this order", "[live]") {
  Watched watched;
  watched.logs.gateway.append("before\n", SteadyClock::now());
  const EventFeed::Reader reader(watched.feed);
  const auto start = watched.feed.snapshot();
  std::vector<std::string> types;
  for (const Frame& frame : start->frames) {
    types.push_back(told_by(*frame).type);
  }
  CHECK(types == std::vector<std::string>{"logData", "logData", "modelStatus", "inflight"});
  CHECK(told_by(*start->frames[0]).data == Json{{"source", "proxy"}, {"data", "before\n"}});
  CHECK(told_by(*start->frames[1]).data == Json{{"source", "upstream"}, {"data", ""}});
}

TEST_CASE("log lines become events, and are told once", "[live]") {
  Watched watched;
  const EventFeed::Reader reader(watched.feed);
  watched.logs.models.append("loading\n", SteadyClock::now());
  const auto event = watched.next("logData");
  REQUIRE(event);
  CHECK(event->data == Json{{"source", "upstream"}, {"data", "loading\n"}});
  const auto start = watched.feed.snapshot();
  CHECK(start->position == watched.position);
  CHECK(told_by(*start->frames[1]).data.at("data") == "loading\n");
}

TEST_CASE("a character that comes in two parts is told whole", "[live]") {
  Watched watched;
  const EventFeed::Reader reader(watched.feed);
  watched.logs.models.append("gr\xc3", SteadyClock::now());
  const auto first = watched.next("logData");
  REQUIRE(first);
  CHECK(first->data.at("data") == "gr");
  watched.logs.models.append("\xbc\xc3\x9f", SteadyClock::now());
  const auto rest = watched.next("logData");
  REQUIRE(rest);
  CHECK(rest->data.at("data") == "\xc3\xbc\xc3\x9f");
}

TEST_CASE("what is published becomes an event, a part with its data of now", "[live]") {
  Watched watched;
  const EventFeed::Reader reader(watched.feed);
  watched.feed.publish("decision", R"({"to":"ready"})");
  watched.feed.publish_part("modelStatus");
  const auto decision = watched.next("decision");
  REQUIRE(decision);
  CHECK(decision->data == Json{{"to", "ready"}});
  CHECK(watched.next("modelStatus"));
}

TEST_CASE("a feed that nobody looks at makes no events", "[live]") {
  Watched watched;
  watched.feed.publish("decision", "{}");
  CHECK_FALSE(watched.feed.is_watched());
  const EventFeed::Reader reader(watched.feed);
  CHECK(watched.feed.is_watched());
  watched.feed.publish("decision", R"({"nr":2})");
  const auto event = watched.next("decision");
  REQUIRE(event);
  CHECK(event->data == Json{{"nr", 2}});
}

TEST_CASE("who publishes more than the worker keeps up with makes readers look anew", "[live]") {
  Watched watched;
  const EventFeed::Reader reader(watched.feed);
  const auto begin = watched.feed.ring().end();
  for (int i = 0; i < 100'000; ++i) {
    watched.feed.publish("decision", "{}");
  }
  watched.worker.stop();
  const auto news = watched.feed.ring().read_from(begin, Plenty);
  CHECK((news.has_gap || watched.feed.ring().end() == begin + 100'000));
}

}  // namespace
}  // namespace llmsnap::live
