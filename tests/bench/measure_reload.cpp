// What a reload costs that changes nothing: streams that it cuts, and processes that it restarts.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "closed_loop.h"
#include "crowd.h"
#include "measure.h"
#include "process_cost.h"

namespace bench {
namespace {

constexpr std::size_t Models = 10;
constexpr std::size_t Streams = 100;
constexpr std::chrono::milliseconds Afterwards{500};

std::optional<Reason> start_models(const Target& gateway) {
  for (std::size_t model = 0; model < Models; ++model) {
    const std::string body = small_body(fmt::format("model-{}", model));
    const auto status = send_once(gateway.endpoint(), chat_request(gateway.endpoint(), body));
    if (!status) {
      return status.reason();
    }
    if (*status != 200) {
      return Reason{fmt::format("failed: model-{} answered with status {}", model, *status)};
    }
  }
  return std::nullopt;
}

Outcome<double> casualties(const Bench& bench) {
  Target gateway =
      Target::crew(bench.upstream, bench.settings.llmsnapd, bench.settings.model, Models);
  if (const auto started = gateway.restart(); !started) {
    return started.reason();
  }
  if (const auto failure = start_models(gateway)) {
    return *failure;
  }
  const std::string stream = stream_body(bench.settings.model, interval_us_for(Streams));
  auto crowd = Crowd::open(gateway.endpoint(), chat_request(gateway.endpoint(), stream), Streams,
                           Crowd::Kind::Streams);
  if (!crowd) {
    return crowd.reason();
  }
  const auto before = children_of(gateway.processes().front());
  const auto status = send_once(
      gateway.endpoint(),
      fmt::format("POST /api/config/reload HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n",
                  gateway.endpoint().host));
  if (!status || *status != 200) {
    return Reason{"failed: the config could not be reloaded"};
  }
  crowd->run(Afterwards);
  const auto after = children_of(gateway.processes().front());
  const auto is_gone = [&after](pid_t pid) {
    return std::find(after.begin(), after.end(), pid) == after.end();
  };
  return static_cast<double>(
      Streams - crowd->alive() +
      static_cast<std::size_t>(std::count_if(before.begin(), before.end(), is_gone)));
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
