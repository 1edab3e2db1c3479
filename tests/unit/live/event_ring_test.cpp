#include "live/event_ring.h"

#include "catch.h"

namespace llmsnap::live {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t Plenty = 1'000'000;
const SteadyClock::time_point Start{std::chrono::hours(1)};

std::string text_of(const EventRing::News& news) {
  std::string text;
  for (const Frame& frame : news.frames) {
    text += *frame;
  }
  return text;
}

TEST_CASE("an event is framed as the references frame it, with an id of ours", "[live]") {
  EventRing ring;
  ring.append("activity", R"({"id":"a"})", Start);
  const auto news = ring.read_from(1, Plenty);
  CHECK(text_of(news) == "id:" + ring.id_of(1) +
                             "\nevent:message\n"
                             R"(data:{"type":"activity","data":"{\"id\":\"a\"}"})"
                             "\n\n");
  CHECK(news.next == 2);
  CHECK_FALSE(news.has_gap);
}

TEST_CASE("bytes that are no text do not break an event", "[live]") {
  CHECK(EventRing::encoded({}, "logData", "\xff\n") ==
        "event:message\ndata:{\"type\":\"logData\",\"data\":\"\xef\xbf\xbd\\n\"}\n\n");
}

TEST_CASE("all readers get the same bytes, each from where it is", "[live]") {
  EventRing ring;
  ring.append("a", "1", Start);
  ring.append("a", "2", Start);
  const auto from_first = ring.read_from(1, Plenty);
  const auto from_second = ring.read_from(2, Plenty);
  REQUIRE(from_first.frames.size() == 2);
  REQUIRE(from_second.frames.size() == 1);
  CHECK(from_first.frames[1] == from_second.frames[0]);
  CHECK(ring.read_from(1, 1).next == 2);  // one at least, whatever its size
}

TEST_CASE("events are kept for their time, and no longer than there is room", "[live]") {
  EventRing ring({.age = 120s, .bytes = 1000});
  ring.append("a", "old", Start);
  ring.append("a", "new", Start + 119s);
  CHECK(ring.read_from(1, Plenty).frames.size() == 2);
  ring.append("a", "newer", Start + 121s);
  CHECK(ring.read_from(1, Plenty).has_gap);
  CHECK(ring.read_from(2, Plenty).frames.size() == 2);
  ring.append("a", std::string(2000, 'x'), Start + 121s);
  CHECK(ring.read_from(3, Plenty).has_gap);
  CHECK(ring.read_from(4, Plenty).frames.size() == 1);  // the newest stays, whatever its size
}

TEST_CASE("who comes back goes on behind the last event it saw", "[live]") {
  EventRing ring({.age = 120s, .bytes = Plenty});
  ring.append("a", "1", Start);
  ring.append("a", "2", Start);
  CHECK(ring.position_behind(ring.id_of(1)) == 2u);
  CHECK(ring.position_behind(ring.id_of(2)) == 3u);
  for (const std::string& id : {ring.id_of(3), std::string("1"), std::string("other-1"),
                                ring.id_of(1) + "x", std::string(), ring.id_of(0) + "-"}) {
    CHECK_FALSE(ring.position_behind(id));
  }
  ring.append("a", "3", Start + 200s);
  CHECK_FALSE(ring.position_behind(ring.id_of(1)));  // what came behind it is gone
}

TEST_CASE("a reader is told once until somebody has read", "[live]") {
  EventRing ring;
  int told = 0;
  const Subscription subscription = ring.on_append([&told] { ++told; });
  ring.append("a", "1", Start);
  ring.append("a", "2", Start);
  CHECK(told == 1);
  const auto next = ring.read_from(1, Plenty).next;
  ring.append("a", "3", Start);
  CHECK(told == 2);
  CHECK(ring.read_from(next, Plenty).frames.size() == 1);
}

TEST_CASE("a ring that forgot tells all its readers of a gap", "[live]") {
  EventRing ring;
  ring.append("a", "1", Start);
  ring.clear();
  CHECK(ring.read_from(1, Plenty).has_gap);
  CHECK(ring.read_from(2, Plenty).has_gap);  // it had read all
  CHECK_FALSE(ring.position_behind(ring.id_of(1)));
  CHECK_FALSE(ring.holds(2));
  CHECK_FALSE(ring.read_from(ring.end(), Plenty).has_gap);
}

}  // namespace
}  // namespace llmsnap::live
