#include "log/output_log.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"

namespace llmsnap {
namespace {

using namespace std::chrono_literals;

const SteadyClock::time_point Start{100s};

OutputLog::Limits small_limits() {
  OutputLog::Limits limits;
  limits.ring_bytes = 4096;
  limits.line_bytes = 1000;
  limits.bytes_per_second = 100'000;
  return limits;
}

std::string numbered(int number) {
  return "line " + std::to_string(number) + "\n";
}

TEST_CASE("the log keeps what was printed as it came", "[log]") {
  OutputLog log;
  CHECK(log.snapshot().empty());
  log.append("\x1b[31mone", Start);
  log.append("\x1b[0m\ntw", Start);
  CHECK(log.snapshot() == "\x1b[31mone\x1b[0m\ntw");
  CHECK(log.end() == log.snapshot().size());
}

TEST_CASE("the ring keeps the newest whole lines", "[log]") {
  OutputLog log(small_limits());
  std::string all;
  const std::size_t chunk = GENERATE(1, 7, 100, 5000);
  for (int i = 0; i < 2000; ++i) {
    all += numbered(i);
  }
  for (std::size_t at = 0; at < all.size(); at += chunk) {
    log.append(std::string_view(all).substr(at, chunk), Start);
  }
  const std::string kept = log.snapshot();
  CHECK(all.ends_with(kept));
  CHECK(kept.starts_with("line "));
  CHECK(kept.size() <= 4096);
  CHECK(kept.size() > 4096 - 1000 - 20);
  CHECK(log.end() == all.size());
}

TEST_CASE("a line that is too long is cut into lines", "[log]") {
  OutputLog log(small_limits());
  const std::string limit(1000, 'x');
  SECTION("in pieces of the greatest size") {
    log.append(limit + limit + "xx\nnext\n", Start);
    CHECK(log.snapshot() == limit + "\n" + limit + "\nxx\nnext\n");
  }
  SECTION("but not one of just that size") {
    log.append(limit, Start);
    log.append("\nnext\n", Start);
    CHECK(log.snapshot() == limit + "\nnext\n");
  }
  SECTION("and the memory stays bounded without any line feed") {
    for (int i = 0; i < 1000; ++i) {
      log.append(std::string(777, 'y'), Start + i * 1s);
    }
    CHECK(log.snapshot().size() <= 4096);
    CHECK(log.snapshot().starts_with(std::string(1000, 'y') + "\n"));
  }
}

TEST_CASE("what exceeds the rate is replaced by its size and its last lines", "[log]") {
  OutputLog log(small_limits());
  std::string flood;
  while (flood.size() < 150'000) {
    flood += "0123456\n";
  }
  log.append(flood, Start);
  CHECK(log.end() == 100'000);
  CHECK(log.suppressed_until() == Start + 1s);
  log.append("fatal: the reason\n", Start + 500ms);
  CHECK(log.end() == 100'000);

  SECTION("with the next output") {
    log.append("next\n", Start + 1s);
  }
  SECTION("when told that time has passed") {
    log.tell_suppressed(Start + 999ms);
    CHECK(log.end() == 100'000);
    log.tell_suppressed(Start + 1s);
  }
  SECTION("when the process ends") {
    log.end_output();
  }
  CHECK(log.suppressed_until() == NoDeadline);
  const std::string text = log.read_from(100'000).text;
  CHECK(text.find("fatal: the reason\n") != std::string::npos);
}

TEST_CASE("a line of a flood says how many bytes are missing", "[log]") {
  OutputLog::Limits limits;
  limits.bytes_per_second = 10;
  OutputLog log(limits);
  log.append("0123456789", Start);
  for (int i = 0; i < 1000; ++i) {
    log.append("flood\n", Start);
  }
  log.append("next\n", Start + 1s);
  const std::string text = log.snapshot();
  // All that is not in the tail: 4096 bytes, less the line that lacks its beginning.
  const std::string expected = "0123456789\n[suppressed 1908 bytes]\nflood\n";
  CHECK(text.substr(0, expected.size()) == expected);
  CHECK(text.size() == expected.size() - 6 + (6000 - 1908) + 5);
  CHECK(text.ends_with("flood\nnext\n"));
}

TEST_CASE("a little too much output is only late", "[log]") {
  OutputLog::Limits limits = small_limits();
  limits.bytes_per_second = 10;
  OutputLog log(limits);
  log.append("0123456789abc", Start);
  CHECK(log.snapshot() == "0123456789");
  log.append("def\n", Start + 2s);
  CHECK(log.snapshot() == "0123456789abcdef\n");
}

TEST_CASE("output at less than the rate is never suppressed", "[log]") {
  OutputLog log(small_limits());
  for (int i = 0; i < 100; ++i) {
    log.append(std::string(9'999, 'z') + "\n", Start + i * 100ms);
    CHECK(log.suppressed_until() == NoDeadline);
  }
}

TEST_CASE("the output of a process ends its last line, and stays for the next process", "[log]") {
  OutputLog log;
  log.append("crash", Start);
  log.end_output();
  log.end_output();
  log.append("new life\n", Start + 1s);
  CHECK(log.snapshot() == "crash\nnew life\n");
}

TEST_CASE("a live reader reads on where it was", "[log]") {
  OutputLog log(small_limits());
  log.append("old\n", Start);
  const std::uint64_t live = log.end();
  log.append("one\ntw", Start);
  const OutputLog::Piece first = log.read_from(live);
  CHECK(first.text == "one\ntw");
  CHECK(first.missed == 0);
  log.append("o\n", Start);
  const OutputLog::Piece second = log.read_from(first.next);
  CHECK(second.text == "o\n");
  CHECK(log.read_from(second.next).text.empty());
  CHECK(log.read_from(second.next + 100).next == second.next);
  CHECK(log.read_from(0).text == "old\none\ntwo\n");

  SECTION("and is told what it missed when it was too slow") {
    for (int i = 0; i < 2000; ++i) {
      log.append(numbered(i), Start);
    }
    const OutputLog::Piece late = log.read_from(second.next);
    CHECK(late.text == log.snapshot());
    CHECK(late.next == log.end());
    CHECK(late.missed == log.end() - second.next - late.text.size());
  }
}

TEST_CASE("a live reader hears of new text once until it has read it", "[log]") {
  OutputLog log;
  int calls = 0;
  Subscription subscription = log.on_append([&calls] { ++calls; });
  log.append("a\n", Start);
  log.append("b\n", Start);
  CHECK(calls == 1);
  CHECK(log.read_from(0).text == "a\nb\n");
  log.append("", Start);
  CHECK(calls == 1);
  log.append("c\n", Start);
  CHECK(calls == 2);

  SECTION("also one that comes while another has not read") {
    int other = 0;
    const Subscription late = log.on_append([&other] { ++other; });
    log.append("d\n", Start);
    CHECK(other == 1);
  }
  SECTION("and no more after it has gone") {
    subscription.cancel();
    CHECK(log.read_from(0).missed == 0);
    log.append("d\n", Start);
    CHECK(calls == 2);
  }
  SECTION("and may read inside the call") {
    const Subscription reading = log.on_append([&log] { CHECK_FALSE(log.snapshot().empty()); });
    log.append("d\n", Start);
  }
}

TEST_CASE("the last lines are clean and not empty", "[log]") {
  OutputLog log;
  CHECK(log.last_lines(3).empty());
  log.append("first\n\n\x1b[31msecond\x1b[0m\r\n  \n10%\r20%\n\x1b[0m\nlast", Start);
  CHECK(log.last_lines(0).empty());
  CHECK(log.last_lines(1) == std::vector<std::string>{"last"});
  CHECK(log.last_lines(3) == std::vector<std::string>{"second", "20%", "last"});
  CHECK(log.last_lines(9) == std::vector<std::string>{"first", "second", "20%", "last"});
  const std::uint64_t life = log.end();
  CHECK(log.last_lines(9, life).empty());
  log.append(" words", Start);
  CHECK(log.last_lines(9, life) == std::vector<std::string>{"words"});
}

TEST_CASE("readers on other threads see a stream without a tear", "[log]") {
  constexpr int Lines = 20'000;
  OutputLog log;
  std::atomic<bool> written{false};
  std::atomic<int> torn{0};
  const auto read_all = [&log, &written, &torn] {
    std::uint64_t position = 0;
    bool last_round = false;
    while (!last_round) {
      last_round = written.load();
      const OutputLog::Piece piece = log.read_from(position);
      if (piece.next != position + piece.missed + piece.text.size() ||
          (piece.missed > 0 && !piece.text.starts_with("line ")) || log.last_lines(2).size() > 2 ||
          log.snapshot().size() > 100 * 1024) {
        ++torn;
      }
      position = piece.next;
    }
    if (position != log.end()) {
      ++torn;
    }
  };
  std::thread one(read_all);
  std::thread two(read_all);
  for (int i = 0; i < Lines; ++i) {
    log.append(numbered(i), Start + i * 1ms);
  }
  written = true;
  one.join();
  two.join();
  CHECK(torn == 0);
  CHECK(log.snapshot().ends_with(numbered(Lines - 1)));
}

}  // namespace
}  // namespace llmsnap
