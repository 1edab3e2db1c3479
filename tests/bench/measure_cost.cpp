#include <fmt/format.h>

#include <ctime>

#include "closed_loop.h"
#include "crowd.h"
#include "measure.h"
#include "process_cost.h"

namespace bench {
namespace {

constexpr std::size_t Connections = 32;
constexpr std::chrono::milliseconds WarmUp{200};

std::int64_t own_cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Outcome<double> microseconds_each(const Outcome<std::int64_t>& before,
                                  const Outcome<std::int64_t>& after, std::uint64_t count) {
  if (!before) {
    return before.reason();
  }
  if (!after) {
    return after.reason();
  }
  return static_cast<double>(*after - *before) / 1000.0 / static_cast<double>(count);
}

Outcome<double> cpu_per_event(const Bench& bench, const Target& target, std::size_t streams) {
  const std::int64_t interval = interval_us_for(streams);
  auto crowd =
      Crowd::open(target.endpoint(),
                  chat_request(target.endpoint(), stream_body(bench.settings.model, interval)),
                  streams, Crowd::Kind::Streams);
  if (!crowd) {
    return crowd.reason();
  }
  crowd->run(WarmUp);
  const auto processes = target.processes();
  const std::int64_t own_before = own_cpu_ns();
  const auto before = cpu_time_ns(processes);
  const StreamCount count = crowd->run(bench.settings.time());
  const auto after = cpu_time_ns(processes);
  const std::int64_t own_after = own_cpu_ns();
  const double expected = count.seconds * static_cast<double>(EventsPerSecond);
  if (crowd->alive() != streams || static_cast<double>(count.events) < 0.8 * expected) {
    return Reason{fmt::format("failed: {} events of {:.0f} arrived, {} streams of {} lived",
                              count.events, expected, crowd->alive(), streams)};
  }
  if (streams == 1000 && target.name() == "direct") {
    bench.results.add("harness-event", target.name(),
                      microseconds_each(own_before, own_after, count.events));
  }
  return microseconds_each(before, after, count.events);
}

void measure_events(const Bench& bench, const Target& target, std::string_view row,
                    std::size_t streams) {
  bench.results.add(row, target.name(), cpu_per_event(bench, target, streams));
  // The next measurement must not pay for streams that are still being torn down.
  bench.upstream.wait_until_no_streams();
}

}  // namespace

std::string small_body(std::string_view model) {
  return fmt::format(
      R"({{"model":"{}","messages":[{{"role":"system","content":"You are a helpful assistant that )"
      R"(answers in one word."}},{{"role":"user","content":"Is the sky above the harbour blue on )"
      R"(a clear morning in May, when the wind has turned and the boats are out?"}}],)"
      R"("temperature":0.7,"max_tokens":16,"top_p":0.95,"seed":42}})",
      model);
}

void measure_small_requests(const Bench& bench, Target& target) {
  ClosedLoop loop(target.endpoint(),
                  chat_request(target.endpoint(), small_body(bench.settings.model)), Connections);
  loop.run(WarmUp);
  const auto processes = target.processes();
  const std::int64_t own_before = own_cpu_ns();
  const auto before = cpu_time_ns(processes);
  const LoopCount count = loop.run(bench.settings.time());
  const auto after = cpu_time_ns(processes);
  const std::int64_t own_after = own_cpu_ns();
  if (count.failures != 0 || count.replies == 0) {
    const Reason reason{
        fmt::format("failed: {} requests failed, {} succeeded", count.failures, count.replies)};
    bench.results.add("small-request", target.name(), reason);
    bench.results.add("requests-per-second", target.name(), reason);
    return;
  }
  bench.results.add("small-request", target.name(),
                    microseconds_each(before, after, count.replies));
  bench.results.add("requests-per-second", target.name(),
                    static_cast<double>(count.replies) / count.seconds);
  if (target.name() == "direct") {
    bench.results.add("harness-request", target.name(),
                      microseconds_each(own_before, own_after, count.replies));
  }
}

void measure_events_100(const Bench& bench, Target& target) {
  measure_events(bench, target, "sse-100", 100);
}

void measure_events_300(const Bench& bench, Target& target) {
  measure_events(bench, target, "sse-300", 300);
}

void measure_events_1000(const Bench& bench, Target& target) {
  measure_events(bench, target, "sse-1000", 1000);
}

}  // namespace bench
