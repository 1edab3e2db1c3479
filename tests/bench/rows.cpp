#include "rows.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace bench {
namespace {

using Show = Row::Show;

constexpr std::array<Row, 26> Rows = {{
    {"small-request", "CPU per small request, c=32", "us", "<= 3x nginx"},
    {"requests-per-second", "requests per second, c=32", "/s", ""},
    {"sse-100", "CPU per relayed event, 100 streams", "us", "<= nginx"},
    {"sse-300", "CPU per relayed event, 300 streams", "us", "<= nginx"},
    {"sse-1000", "CPU per relayed event, 1,000 streams", "us", "<= nginx"},
    {"seen-request", "keys, captures, a store and the monitor on: CPU per small request", "x",
     "<= 1.4x of all off"},
    {"seen-io", "the same, of the I/O threads alone", "x", "<= 1.15x of all off"},
    {"seen-event", "the same, of the whole process per relayed event, 100 streams", "x",
     "<= 1.15x of all off"},
    {"rss-1000-streams", "RSS, 1,000 open streams", "MB", "<= 60 MB"},
    {"rss-10000-idle", "RSS, 10,000 idle connections after one request each", "MB", "<= 60 MB"},
    {"rss-idle", "RSS, idle, before the first request", "MB", "<= 12 MB"},
    {"first-byte-p50", "added time to first byte, c=1, p50", "us", "<= 80 us",
     Show::AddedOverDirect},
    {"first-byte-p99", "added time to first byte, c=1, p99", "us", "<= 400 us",
     Show::AddedOverDirect},
    {"client-leaves", "client leaves -> upstream connection closed, longest of 10", "ms",
     "<= 5 ms"},
    {"stall-image", "10 MB JSON body with an image: longest delay of an event of 100 other streams",
     "ms", "<= 10 ms"},
    {"stall-array", "10 MB JSON body, flat array: longest delay of an event of 100 other streams",
     "ms", "<= 10 ms"},
    {"start", "start until it listens", "ms", "<= 30 ms"},
    {"cold-start-40", "cold start, model listens after 40 ms: gateway's share, longest of 10", "ms",
     "<= 15 ms"},
    {"swap-40", "swap, models listen after 40 ms: gateway's share, longest of 10", "ms",
     "<= 15 ms"},
    {"cold-start-700", "cold start, model listens after 700 ms: gateway's share, longest of 3",
     "ms", "<= 15 ms"},
    {"swap-700", "swap, models listen after 700 ms: gateway's share, longest of 3", "ms",
     "<= 15 ms"},
    {"cold-start-busy", "cold start (40 ms) beside 100 streams: gateway's share, longest of 10",
     "ms", "<= 15 ms"},
    {"swap-busy", "swap (40 ms) beside 100 streams: gateway's share, longest of 10", "ms",
     "<= 15 ms"},
    {"reload",
     "reload with 10 running models, none changed: streams of 100 that it cuts, and processes that "
     "it restarts",
     "", "0"},
    {"harness-request", "the load generator's own CPU per small request (direct)", "us", "",
     Show::Note},
    {"harness-event", "the load generator's own CPU per event (direct, 1,000 streams)", "us", "",
     Show::Note},
}};

}  // namespace

std::span<const Row> all_rows() {
  return Rows;
}

std::vector<Row> select_rows(const std::vector<std::string>& names, std::string& unknown) {
  if (names.empty()) {
    return {Rows.begin(), Rows.end()};
  }
  const auto covers = [](const std::string& name, std::string_view row) {
    return row == name || row.starts_with(name + "-");
  };
  for (const std::string& name : names) {
    if (std::none_of(Rows.begin(), Rows.end(),
                     [&](const Row& row) { return covers(name, row.name); })) {
      unknown = name;
    }
  }
  std::vector<Row> chosen;
  std::copy_if(Rows.begin(), Rows.end(), std::back_inserter(chosen), [&](const Row& row) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return covers(name, row.name); });
  });
  return chosen;
}

bool selected(const std::vector<Row>& rows, std::string_view name) {
  return std::any_of(rows.begin(), rows.end(), [name](const Row& row) { return row.name == name; });
}

}  // namespace bench
