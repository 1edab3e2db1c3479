// bench: measures llmsnapd against nginx, other gateways and no gateway at all, in one run.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <thread>

#include "loopback.h"
#include "measure.h"

namespace bench {
namespace {

struct Options {
  std::string llmsnapd = "build/release/bin/llmsnapd";
  std::vector<std::string> rows;
  std::vector<std::string> gateways;
  std::string model = "m";
  double seconds = 2;
  int rounds = 3;
  bool quick = false;
  std::uint16_t upstream_port = 0;
};

// One measurement and the rows that it fills, in the order in which they are taken: memory in fresh
// processes first, large bodies last, since they leave a larger heap behind.
struct Step {
  std::vector<std::string_view> rows;
  void (*measure)(const Bench&, Target&);
};

const std::array<Step, 16> Steps = {{
    {{"start", "rss-idle"}, measure_start_and_idle},
    {{"rss-1000-streams"}, measure_memory_of_streams},
    {{"rss-10000-idle"}, measure_memory_of_idle_connections},
    {{"small-request", "requests-per-second", "harness-request"}, measure_small_requests},
    {{"sse-100"}, measure_events_100},
    {{"sse-300"}, measure_events_300},
    {{"sse-1000", "harness-event"}, measure_events_1000},
    {{"seen-request", "seen-io", "seen-event"}, measure_sight},
    {{"first-byte-p50", "first-byte-p99"}, measure_first_byte},
    {{"client-leaves"}, measure_client_leaves},
    {{"stall-image"}, measure_stall_by_image},
    {{"stall-array"}, measure_stall_by_array},
    {{"reload"}, measure_reload},
    {{"cold-start-40", "swap-40"}, measure_starts_40},
    {{"cold-start-700", "swap-700"}, measure_starts_700},
    {{"cold-start-busy", "swap-busy"}, measure_starts_busy},
}};

// "name=URL,pid"
Outcome<Target> parse_gateway(const std::string& text) {
  const auto equals = text.find('=');
  const auto comma = text.rfind(',');
  pid_t pid = 0;
  const char* const end = text.data() + text.size();
  if (equals == std::string::npos || comma == std::string::npos || comma < equals ||
      std::from_chars(text.data() + comma + 1, end, pid).ptr != end || pid <= 0) {
    return Reason{fmt::format("--gateway {} is not name=URL,pid", text)};
  }
  auto endpoint = parse_url(std::string_view(text).substr(equals + 1, comma - equals - 1));
  if (!endpoint) {
    return endpoint.reason();
  }
  return Target::external(text.substr(0, equals), *endpoint, pid);
}

// Taken before the first measurement: the load of others, not ours.
double load_before() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

void print_machine(const std::vector<Target>& targets, const Options& options, double load) {
  utsname system{};
  uname(&system);
  fmt::print(
      "Machine: {} cores, {} {} {}, load average {:.1f} before. Rounds: {}, alternating, {} s per "
      "measurement; medians, ratios per round.\n",
      std::thread::hardware_concurrency(), system.sysname, system.release, system.machine, load,
      options.rounds, options.seconds);
  if (load > 1) {
    fmt::print("The machine was busy with other work: delays and rates are worth little.\n");
  }
  fmt::print("\n");
  for (const Target& target : targets) {
    fmt::print("- {}: {}\n", target.name(), target.version());
  }
  fmt::print("\nCPU and memory in the column `direct` are those of the fake upstream.\n\n");
}

void measure_round(const Bench& bench, const std::vector<Row>& rows, std::vector<Target>& targets,
                   int round) {
  for (const Step& step : Steps) {
    if (std::none_of(step.rows.begin(), step.rows.end(),
                     [&](std::string_view name) { return selected(rows, name); })) {
      continue;
    }
    for (std::size_t turn = 0; turn < targets.size(); ++turn) {
      // Another one begins in each round, so that none is always the first or the last.
      Target& target = targets[(turn + static_cast<std::size_t>(round)) % targets.size()];
      fmt::print(stderr, "round {}: {}: {}\n", round + 1, target.name(), step.rows.front());
      if (target.absence()) {
        for (const std::string_view name : step.rows) {
          bench.results.add(name, target.name(), Reason{*target.absence()});
        }
        continue;
      }
      step.measure(bench, target);
    }
  }
}

Outcome<std::vector<Target>> make_targets(const Options& options, const FakeUpstream& upstream) {
  std::vector<Target> targets;
  targets.push_back(Target::direct(upstream));
  targets.push_back(Target::nginx(upstream));
  targets.push_back(Target::llmsnapd(upstream, options.llmsnapd, options.model));
  for (const std::string& text : options.gateways) {
    auto gateway = parse_gateway(text);
    if (!gateway) {
      return gateway.reason();
    }
    targets.push_back(std::move(*gateway));
  }
  return targets;
}

int run(const Options& options) {
  std::string unknown;
  const std::vector<Row> rows = select_rows(options.rows, unknown);
  if (!unknown.empty()) {
    fmt::print(stderr, "bench: there is no row {}; the rows are:\n", unknown);
    for (const Row& row : all_rows()) {
      fmt::print(stderr, "  {}\n", row.name);
    }
    return 2;
  }
  const double load = load_before();
  raise_descriptor_limit();
  set_priority(Priority::Raised);
  auto upstream = FakeUpstream::start(options.upstream_port);
  if (!upstream) {
    fmt::print(stderr, "bench: {}\n", upstream.reason().text);
    return 1;
  }
  auto targets = make_targets(options, *upstream);
  if (!targets) {
    fmt::print(stderr, "bench: {}\n", targets.reason().text);
    return 2;
  }
  const Settings settings{options.llmsnapd, options.seconds, options.model};
  Results results;
  const Bench bench{*upstream, settings, results};
  for (Target& target : *targets) {
    // One that cannot start says so in each of its cells: every step tries again by itself.
    if (const auto started = target.restart(); !started) {
      fmt::print(stderr, "bench: {}\n", started.reason().text);
    }
  }
  for (int round = 0; round < options.rounds; ++round) {
    measure_round(bench, rows, *targets, round);
  }
  print_machine(*targets, options, load);
  std::vector<std::string> names;
  std::transform(targets->begin(), targets->end(), std::back_inserter(names),
                 [](const Target& target) { return target.name(); });
  results.print(rows, names);
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Options options;
  CLI::App app("Measures llmsnapd, nginx and other gateways in one run", "bench");
  app.add_option("--llmsnapd", options.llmsnapd, "the program to measure")->capture_default_str();
  app.add_option("--rows", options.rows, "only these rows; `sse` means all that begin so")
      ->delimiter(',');
  app.add_option("--gateway", options.gateways,
                 "a further gateway that runs already and serves --model from --upstream-port, as "
                 "name=URL,pid (repeatable)");
  app.add_option("--upstream-port", options.upstream_port,
                 "where the fake upstream listens; 0 = a port of the kernel's choice")
      ->capture_default_str();
  app.add_option("--model", options.model, "the model named in requests")->capture_default_str();
  auto* const seconds = app.add_option("--seconds", options.seconds, "time of a measurement")
                            ->check(CLI::Range(0.1, 60.0))
                            ->capture_default_str();
  auto* const rounds = app.add_option("--rounds", options.rounds, "how often all is measured")
                           ->check(CLI::Range(1, 100))
                           ->capture_default_str();
  app.add_flag("--quick", options.quick, "one round of half a second each: only a first look");
  CLI11_PARSE(app, argc, argv);
  if (options.quick) {
    options.seconds = seconds->count() == 0 ? 0.5 : options.seconds;
    options.rounds = rounds->count() == 0 ? 1 : options.rounds;
  }
  // Clients and gateways leave in the midst of things; writing to them is no reason to die.
  std::signal(SIGPIPE, SIG_IGN);
  return bench::run(options);
}
