#include "log/log.h"

#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"

namespace llmsnap {
namespace {

TEST_CASE("lines below the level are not passed on", "[log]") {
  std::vector<std::string> lines;
  Log log([&lines](LogLevel, std::string_view line) { lines.emplace_back(line); }, LogLevel::Warn);
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  CHECK(lines == std::vector<std::string>{"c", "d"});
  CHECK_FALSE(log.enabled(LogLevel::Info));
  log.set_level(LogLevel::Debug);
  log.debug("e");
  CHECK(lines.back() == "e");
}

TEST_CASE("text from a client cannot forge a second line", "[log]") {
  std::string last;
  Log log([&last](LogLevel, std::string_view line) { last = line; });
  log.info("model \"a\nerror: forged\x1b[0m\"");
  CHECK(last == "model \"a\\nerror: forged\\x1b[0m\"");
}

TEST_CASE("a log without a sink takes lines and drops them", "[log]") {
  Log log;
  log.error("nobody hears this");
  CHECK(log.enabled(LogLevel::Error));
}

TEST_CASE("a sink that throws does not harm who logs", "[log]") {
  Log log([](LogLevel, std::string_view) { throw std::runtime_error("disk full"); });
  log.error("x");
  log.error("y");
  SUCCEED("no exception came out");
}

TEST_CASE("a sink is never called by two threads at once", "[log]") {
  int lines = 0;  // not atomic: the log must keep the threads apart
  Log log([&lines](LogLevel, std::string_view) { ++lines; });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&log] {
      for (int line = 0; line < 500; ++line) {
        log.info("line");
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(lines == 2000);
}

// Counts that it was asked; the test itself plays the thread that drains.
class AskedBackground final : public Log::Background {
 public:
  void line_waits(Urgency urgency) override { ++(urgency == Urgency::Now ? urgent : unhurried); }
  int urgent = 0;
  int unhurried = 0;
};

TEST_CASE("with a background a writer leaves its line and goes on", "[log]") {
  std::vector<std::string> lines;
  Log log([&lines](LogLevel, std::string_view line) { lines.emplace_back(line); });
  AskedBackground background;
  log.leave_to(&background);
  log.info("a");
  CHECK(background.unhurried == 1);
  log.warn("b");
  log.error("c");
  CHECK(background.urgent == 2);
  CHECK(lines.empty());
  log.drain();
  CHECK(lines == std::vector<std::string>{"a", "b", "c"});
  log.leave_to(nullptr);
  log.info("d");
  CHECK(lines.back() == "d");
}

TEST_CASE("a sink that hangs holds up nobody but who drains", "[log]") {
  std::promise<void> entered;
  std::promise<void> release;
  std::vector<std::string> lines;
  Log log([&](LogLevel, std::string_view line) {
    if (lines.empty()) {
      entered.set_value();
      release.get_future().wait();
    }
    lines.emplace_back(line);
  });
  std::thread stuck([&log] { log.info("first"); });
  entered.get_future().wait();
  log.info("second");  // without a background too: the first writer passes it on
  AskedBackground background;
  log.leave_to(&background);
  log.info("third");
  log.drain();
  release.set_value();
  stuck.join();
  log.drain();
  CHECK(lines == std::vector<std::string>{"first", "second", "third"});
}

TEST_CASE("lines beyond the room of the queue are dropped, and their number is told", "[log]") {
  std::vector<std::string> lines;
  Log log([&lines](LogLevel, std::string_view line) { lines.emplace_back(line); }, LogLevel::Info,
          {}, 200);
  AskedBackground background;
  log.leave_to(&background);
  for (int i = 0; i < 5; ++i) {
    log.info(std::string(40, static_cast<char>('a' + i)));
  }
  CHECK(background.urgent > 0);  // the queue was filling up
  log.drain();
  REQUIRE(lines.size() == 3);
  CHECK(lines[1] == std::string(40, 'b'));
  CHECK(lines[2] == "3 log lines were dropped: they came faster than they could be written");
  log.info("again");
  log.drain();
  CHECK(lines.back() == "again");
}

TEST_CASE("lines without text take room in the queue too", "[log]") {
  int lines = 0;
  std::string last;
  Log log(
      [&](LogLevel, std::string_view line) {
        ++lines;
        last = line;
      },
      LogLevel::Info, {}, 1000);
  AskedBackground background;
  log.leave_to(&background);
  for (int i = 0; i < 1000; ++i) {
    log.info("");
  }
  log.drain();
  CHECK(lines < 100);
  CHECK(last.find("log lines were dropped") != std::string::npos);
}

TEST_CASE("access lines have their own sink if there is one, in one order with the others",
          "[log]") {
  std::vector<std::string> lines;
  const auto sink = [&lines](LogLevel, std::string_view line) { lines.emplace_back(line); };
  Log plain(sink);
  plain.write_access("GET /");
  CHECK(lines == std::vector<std::string>{"GET /"});
  lines.clear();
  Log log(sink, LogLevel::Info,
          [&lines](std::string_view line) { lines.push_back("access " + std::string(line)); });
  AskedBackground background;
  log.leave_to(&background);
  log.info("before");
  log.write_access("{}");
  CHECK(lines == std::vector<std::string>{"before", "access {}"});
  log.set_level(LogLevel::Warn);
  log.write_access("{}");
  CHECK(lines.size() == 2);
}

TEST_CASE("levels have the names of the config", "[log]") {
  CHECK(log_level_name(LogLevel::Debug) == "debug");
  CHECK(log_level_name(LogLevel::Info) == "info");
  CHECK(log_level_name(LogLevel::Warn) == "warn");
  CHECK(log_level_name(LogLevel::Error) == "error");
}

}  // namespace
}  // namespace llmsnap
