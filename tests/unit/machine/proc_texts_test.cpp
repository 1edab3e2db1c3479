#include "machine/proc_texts.h"

#include <string>

#include "catch.h"

namespace llmsnap::machine {
namespace {

TEST_CASE("how busy each core was is what it did between two looks, without its waits for disks",
          "[machine]") {
  const auto before = core_ticks(
      "cpu  30 0 30 160 20 0 0 0 0 0\n"
      "cpu0 10 0 10 80 0 0 0 0 5 0\n"
      "cpu1 20 0 20 80 20 0 0 0 0 0\nintr 12 3\n");
  REQUIRE(before.size() == 2);
  CHECK(before[0] == CoreTicks{20, 100});
  CHECK(before[1] == CoreTicks{40, 140});
  const auto now = core_ticks("cpu0 40 5 15 110 30 0 0 0 5 0\ncpu1 20 0 20 180 20\n");
  CHECK(busy_percent(before, now) == std::vector<double>{40, 0});
}

TEST_CASE("cores that came or went, and counters that went back, make no nonsense", "[machine]") {
  const std::vector<CoreTicks> two{{20, 100}, {40, 140}};
  CHECK(busy_percent({}, two).empty());
  CHECK(busy_percent(two, {{10, 90}, {60, 160}}) == std::vector<double>{0, 100});
  CHECK(core_ticks("cpu0 1 2\ncpufreq 1 2 3 4 5\n").empty());
  CHECK(core_ticks("").empty());
}

TEST_CASE("memory and swap are read in bytes", "[machine]") {
  const auto reading = memory_reading(
      "MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:   9000 kB\n"
      "SwapCached:        5 kB\nSwapTotal:       2000 kB\nSwapFree:        500 kB\n");
  REQUIRE(reading);
  CHECK(*reading == MemoryReading{16000 * 1024, 1000 * 1024, 9000 * 1024, 2000 * 1024, 500 * 1024});
  CHECK(memory_reading("MemTotal: 5 kB\nMemFree: 3 kB\n") ==
        MemoryReading{5 * 1024, 3 * 1024, 3 * 1024, 0, 0});
  CHECK_FALSE(memory_reading("MemTotal: many kB\nMemFree: 3 kB\n"));
  CHECK_FALSE(memory_reading(""));
}

TEST_CASE("load averages are three numbers", "[machine]") {
  CHECK(load_averages("0.52 1.05 12.00 3/812 4711\n") == std::array<double, 3>{0.52, 1.05, 12});
  CHECK_FALSE(load_averages("0.52 1.05"));
  CHECK_FALSE(load_averages("a b c"));
}

TEST_CASE("each interface but the loopback has what it received and sent", "[machine]") {
  const auto counters = network_counters(
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
      "    lo: 100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0\n"
      "  eth0: 1234567890123 1 0 0 0 0 0 0 42 1 0 0 0 0 0 0\n"
      "br:0:7 1 0 0 0 0 0 0 8 1 0 0 0 0 0 0\nbroken: 1 2\n");
  CHECK(counters == std::vector<NetworkCounter>{{"eth0", 1234567890123, 42}, {"br:0", 7, 8}});
}

TEST_CASE("of a host with very many interfaces some are kept", "[machine]") {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "veth" + std::to_string(i) + ": 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n";
  }
  CHECK(network_counters(text).size() == MostInterfaces);
}

TEST_CASE("a process's share of memory is its PSS, not the parts of that", "[machine]") {
  CHECK(proportional_bytes("55d0-7ffe ---p 00000000 00:00 0 [rollup]\nRss: 900 kB\nPss: 700 kB\n"
                           "Pss_Dirty: 100 kB\nPss_Anon: 90 kB\n") == 700 * 1024);
  CHECK_FALSE(proportional_bytes("Pss_Dirty: 100 kB\n"));
}

TEST_CASE("built-in memory is what is present in all zones", "[machine][S9]") {
  CHECK(present_pages("Node 0, zone      DMA\n  pages free     3840\n        spanned  4095\n"
                      "        present  3998\n        managed  3840\nNode 0, zone   Normal\n"
                      "        present  1000\n") == 4998);
  CHECK_FALSE(present_pages("Node 0, zone DMA\n"));
}

TEST_CASE("a cgroup allows so many bytes, or as many as there are", "[machine][S9]") {
  CHECK(memory_limit("8589934592\n") == 8589934592);
  CHECK_FALSE(memory_limit("max\n"));
  CHECK_FALSE(memory_limit("0\n"));
  CHECK_FALSE(memory_limit(""));
}

}  // namespace
}  // namespace llmsnap::machine
