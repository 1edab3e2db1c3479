// What a reload costs that changes nothing: streams that it cuts, and processes that it restarts.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "closed_loop.h"
#include "crowd.h"
#include "measure.h"
#include "process_cost.h"

namespace bench {
namespace {

constexpr std::size_t Models = 10;
constexpr std::size_t StreamsEach = 10;
constexpr std::chrono::milliseconds Afterwards{50};  // of each model's streams

// Streams of all models, which that starts.
Outcome<std::vector<Crowd>> open_streams(const Target& gateway) {
  std::vector<Crowd> crowds;
  for (std::size_t number = 0; number < Models; ++number) {
    const std::string body =
        stream_body(fmt::format("model-{}", number), interval_us_for(Models * StreamsEach));
    auto crowd = Crowd::open(gateway.endpoint(), chat_request(gateway.endpoint(), body),
                             StreamsEach, Crowd::Kind::Streams);
    if (!crowd) {
      return crowd.reason();
    }
    crowds.push_back(std::move(*crowd));
  }
  return crowds;
}

std::size_t streams_cut(std::vector<Crowd>& crowds) {
  std::size_t cut = 0;
  for (Crowd& crowd : crowds) {
    crowd.run(Afterwards);
    cut += StreamsEach - crowd.alive();
  }
  return cut;
}

Outcome<double> casualties(const Bench& bench) {
  Target gateway =
      Target::crew(bench.upstream, bench.settings.llmsnapd, bench.settings.model, Models);
  if (const auto started = gateway.restart(); !started) {
    return started.reason();
  }
  auto crowds = open_streams(gateway);
  if (!crowds) {
    return crowds.reason();
  }
  const auto before = children_of(gateway.processes().front());
  if (before.size() < Models) {
    return Reason{fmt::format("failed: {} processes run and not {}", before.size(), Models)};
  }
  const auto status = send_once(
      gateway.endpoint(),
      fmt::format("POST /api/config/reload HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n",
                  gateway.endpoint().host));
  if (!status || *status != 200) {
    return Reason{"failed: the config could not be reloaded"};
  }
  const std::size_t cut = streams_cut(*crowds);
  const auto after = children_of(gateway.processes().front());
  const auto is_gone = [&after](pid_t pid) {
    return std::find(after.begin(), after.end(), pid) == after.end();
  };
  const auto restarted = std::count_if(before.begin(), before.end(), is_gone);
  return static_cast<double>(cut) + static_cast<double>(restarted);
}

}  // namespace

void measure_reload(const Bench& bench, Target& target) {
  if (target.name() != Target::Llmsnapd) {
    bench.results.add("reload", target.name(),
                      Reason{"starts no models, as far as the bench knows"});
    return;
  }
  bench.results.add("reload", target.name(), casualties(bench));
  bench.upstream.wait_until_no_streams();
}

}  // namespace bench
