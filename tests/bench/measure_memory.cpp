#include <fmt/format.h>
#include <poll.h>

#include "crowd.h"
#include "measure.h"
#include "process_cost.h"

namespace bench {
namespace {

constexpr std::size_t Streams = 1000;
constexpr std::size_t IdleConnections = 10'000;
// Descriptors of the bench beyond those of the connections.
constexpr std::size_t SpareDescriptors = 200;
constexpr std::chrono::milliseconds Settle{300};

Outcome<double> memory_of_streams(const Bench& bench, Target& target) {
  const auto started = target.restart();
  if (!started) {
    return started.reason();
  }
  const std::string body = stream_body(bench.settings.model, interval_us_for(Streams));
  auto crowd = Crowd::open(target.endpoint(), chat_request(target.endpoint(), body), Streams,
                           Crowd::Kind::Streams);
  if (!crowd) {
    return crowd.reason();
  }
  crowd->run(bench.settings.time(0.5));
  const auto resident = resident_mb(target.processes());
  if (crowd->alive() != Streams) {
    return Reason{fmt::format("failed: only {} streams of {} lived", crowd->alive(), Streams)};
  }
  return resident;
}

Outcome<double> memory_of_idle_connections(const Bench& bench, Target& target) {
  const std::size_t limit = raise_descriptor_limit();
  if (limit < IdleConnections + SpareDescriptors) {
    return Reason{fmt::format("the limit of descriptors is {}", limit)};
  }
  const auto started = target.restart();
  if (!started) {
    return started.reason();
  }
  auto crowd = Crowd::open(target.endpoint(),
                           chat_request(target.endpoint(), small_body(bench.settings.model)),
                           IdleConnections, Crowd::Kind::Idle);
  if (!crowd) {
    return crowd.reason();
  }
  crowd->run(Settle);
  const auto resident = resident_mb(target.processes());
  if (crowd->alive() != IdleConnections) {
    return Reason{fmt::format("failed: {} connections of {} were closed",
                              IdleConnections - crowd->alive(), IdleConnections)};
  }
  return resident;
}

}  // namespace

void measure_start_and_idle(const Bench& bench, Target& target) {
  const auto started = target.restart();
  if (!started) {
    bench.results.add("start", target.name(), started.reason());
    bench.results.add("rss-idle", target.name(), started.reason());
    return;
  }
  if (*started) {
    bench.results.add("start", target.name(), **started);
  } else {
    bench.results.add("start", target.name(), Reason{"not started by the bench"});
  }
  // A server goes on with its start for a moment after it listens.
  poll(nullptr, 0, static_cast<int>(Settle.count()));
  bench.results.add("rss-idle", target.name(), resident_mb(target.processes()));
}

void measure_memory_of_streams(const Bench& bench, Target& target) {
  bench.results.add("rss-1000-streams", target.name(), memory_of_streams(bench, target));
  bench.upstream.wait_until_no_streams();
}

void measure_memory_of_idle_connections(const Bench& bench, Target& target) {
  bench.results.add("rss-10000-idle", target.name(), memory_of_idle_connections(bench, target));
}

}  // namespace bench
