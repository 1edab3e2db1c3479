#include "log/log.h"

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

TEST_CASE("levels have the names of the config", "[log]") {
  CHECK(log_level_name(LogLevel::Debug) == "debug");
  CHECK(log_level_name(LogLevel::Info) == "info");
  CHECK(log_level_name(LogLevel::Warn) == "warn");
  CHECK(log_level_name(LogLevel::Error) == "error");
}

}  // namespace
}  // namespace llmsnap
