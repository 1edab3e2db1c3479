// What it costs to see everything: two gateways in turn, one with keys, captures, an activity store
// in a file and the monitor of the machine, one with as little of it as there can be.
#include <fmt/format.h>

#include <array>

#include "closed_loop.h"
#include "crowd.h"
#include "measure.h"
#include "process_cost.h"

namespace bench {
namespace {

constexpr std::size_t Connections = 32;
constexpr std::size_t Streams = 100;
constexpr std::chrono::milliseconds WarmUp{200};
/// Each gateway gets so many turns, so that whatever else the machine does hits both.
constexpr int Turns = 4;
constexpr const char* IoThreads = "llmsnap-io";

// Nanoseconds of CPU, and what was done in them.
struct Cost {
  std::int64_t process_ns = 0;
  std::int64_t io_ns = 0;
  std::uint64_t count = 0;

  double process_each() const {
    return static_cast<double>(process_ns) / static_cast<double>(count);
  }
  double io_each() const { return static_cast<double>(io_ns) / static_cast<double>(count); }
};

// Adds what the gateway used while `work` ran, which says how much of it there was.
template <typename Work>
std::optional<Reason> add_cost(const Target& gateway, Cost& cost, const Work& work) {
  const auto processes = gateway.processes();
  const auto process_before = cpu_time_ns(processes);
  const auto io_before = cpu_time_of_threads_ns(processes.front(), IoThreads);
  const Outcome<std::uint64_t> done = work();
  const auto process_after = cpu_time_ns(processes);
  const auto io_after = cpu_time_of_threads_ns(processes.front(), IoThreads);
  if (!done) {
    return done.reason();
  }
  for (const auto* figure : {&process_before, &io_before, &process_after, &io_after}) {
    if (!*figure) {
      return figure->reason();
    }
  }
  cost.process_ns += *process_after - *process_before;
  cost.io_ns += *io_after - *io_before;
  cost.count += *done;
  return std::nullopt;
}

std::string request_to(const Target& gateway, const std::string& body) {
  return chat_request(gateway.endpoint(), body,
                      fmt::format("Authorization: Bearer {}\r\n", BenchKey));
}

std::optional<Reason> add_requests(const Bench& bench, const Target& gateway, Cost& cost) {
  ClosedLoop loop(gateway.endpoint(), request_to(gateway, small_body(bench.settings.model)),
                  Connections);
  loop.run(WarmUp);
  return add_cost(gateway, cost, [&]() -> Outcome<std::uint64_t> {
    const LoopCount count = loop.run(bench.settings.time() / Turns);
    if (count.failures != 0 || count.replies == 0) {
      return Reason{
          fmt::format("failed: {} requests failed, {} succeeded", count.failures, count.replies)};
    }
    return count.replies;
  });
}

std::optional<Reason> add_events(const Bench& bench, const Target& gateway, Cost& cost) {
  const std::string body = stream_body(bench.settings.model, interval_us_for(Streams));
  auto crowd =
      Crowd::open(gateway.endpoint(), request_to(gateway, body), Streams, Crowd::Kind::Streams);
  if (!crowd) {
    return crowd.reason();
  }
  crowd->run(WarmUp);
  const auto failure = add_cost(gateway, cost, [&]() -> Outcome<std::uint64_t> {
    // Whole, as streams of half a second are none: what is kept of an answer grows at first.
    const StreamCount count = crowd->run(bench.settings.time());
    if (count.events == 0 || crowd->alive() != Streams) {
      return Reason{fmt::format("failed: {} of {} streams lived", crowd->alive(), Streams)};
    }
    return count.events;
  });
  crowd->leave();
  bench.upstream.wait_until_no_streams();
  return failure;
}

struct Pair {
  Cost with;
  Cost without;
};

// Of requests, or of events.
Outcome<Pair> costs(const Bench& bench, std::array<Target, 2>& gateways,
                    std::optional<Reason> (*add)(const Bench&, const Target&, Cost&)) {
  Pair pair;
  for (int turn = 0; turn < Turns; ++turn) {
    for (Target& gateway : gateways) {
      Cost& cost = &gateway == &gateways.front() ? pair.with : pair.without;
      if (const auto failure = add(bench, gateway, cost)) {
        return *failure;
      }
    }
  }
  return pair;
}

}  // namespace

void measure_sight(const Bench& bench, Target& target) {
  constexpr std::array<std::string_view, 3> AllRows{"seen-request", "seen-io", "seen-event"};
  const auto fail = [&](const Reason& reason) {
    for (const std::string_view row : AllRows) {
      bench.results.add(row, target.name(), reason);
    }
  };
  if (target.name() != Target::Llmsnapd) {
    return fail(Reason{"another program, as far as the bench knows"});
  }
  const Settings& settings = bench.settings;
  std::array<Target, 2> gateways{Target::seeing(bench.upstream, settings.llmsnapd, settings.model),
                                 Target::blind(bench.upstream, settings.llmsnapd, settings.model)};
  for (Target& gateway : gateways) {
    if (const auto started = gateway.restart(); !started) {
      return fail(started.reason());
    }
  }
  const auto requests = costs(bench, gateways, add_requests);
  const auto events = requests ? costs(bench, gateways, add_events) : requests;
  if (!events) {
    return fail(events.reason());
  }
  bench.results.add("seen-request", target.name(),
                    requests->with.process_each() / requests->without.process_each());
  bench.results.add("seen-io", target.name(),
                    requests->with.io_each() / requests->without.io_each());
  bench.results.add("seen-event", target.name(),
                    events->with.process_each() / events->without.process_each());
}

}  // namespace bench
