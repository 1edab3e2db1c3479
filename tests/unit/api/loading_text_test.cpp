#include "api/loading_text.h"

#include "catch.h"

namespace llmsnap::api {
namespace {

using schedule::Standing;
using schedule::State;
using std::chrono::milliseconds;
using std::chrono::seconds;

Standing in_state(State state) {
  Standing standing;
  standing.state = state;
  return standing;
}

TEST_CASE("each way of waiting has its words", "[loading]") {
  struct Row {
    Standing standing;
    std::string words;
  };
  Standing told = in_state(State::Starting);
  told.expected = milliseconds(11'700);
  Standing in_line = in_state(State::Stopped);
  in_line.place = 3;
  Standing behind = in_line;
  behind.in_the_way = "b";
  Standing behind_busy = behind;
  behind_busy.in_flight = 2;
  const auto row = GENERATE_COPY(
      Row{in_state(State::Starting), "starting"}, Row{in_state(State::Waking), "waking up"},
      Row{told, "starting, it took 12 s the last time"},
      Row{in_state(State::Draining), "waiting for a place"}, Row{in_line, "Queue position: #3"},
      Row{behind, "Queue position: #3, b makes room"},
      Row{behind_busy, "Queue position: #3, b makes room when its 2 requests have ended"});
  LoadingText text;
  CHECK(text.progress(row.standing, seconds(0)) == "\n" + row.words + " ");
}

TEST_CASE("what is new is said once, then come dots, and now and then the time", "[loading]") {
  LoadingText text;
  std::string all;
  for (int second = 0; second <= 11; ++second) {
    all += text.progress(in_state(State::Starting), seconds(second));
  }
  CHECK(all == "\nstarting .... 5 s .... 10 s .");
  CHECK(text.progress(in_state(State::Waking), seconds(12)) == "\nwaking up ");
}

TEST_CASE("the news stand between two separators", "[loading]") {
  const LoadingText text;
  const std::string line = "\u2501\u2501\u2501\u2501\u2501\n";
  CHECK(text.opening("m") == line + "llmsnap loading model: m\n");
  CHECK(text.ready(milliseconds(1234)) == "\nDone! (1.23s)\n" + line + " \n");
  CHECK(text.failed(milliseconds(1234)) == "\nFailed after 1.23s\n" + line + " \n");
}

}  // namespace
}  // namespace llmsnap::api
