#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "closed_loop.h"
#include "crowd.h"
#include "measure.h"

namespace bench {
namespace {

constexpr std::size_t OtherStreams = 100;

struct Starts {
  int delay_ms;  // from a model's exec until it listens
  int times;
  std::string_view cold_row;
  std::string_view swap_row;
  std::size_t streams = 0;  // on another model, meanwhile
};

struct Longest {
  double cold_ms = 0;
  double swap_ms = 0;
};

std::string unload_request(const Endpoint& endpoint) {
  return fmt::format("POST /api/models/unload HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n",
                     endpoint.host);
}

// How long a request took beyond the delay of the model that it started.
Outcome<double> share_of(const Endpoint& endpoint, std::string_view model, int delay_ms) {
  const std::string request = chat_request(endpoint, small_body(model));
  const std::int64_t begin = now_ns();
  const auto status = send_once(endpoint, request);
  if (!status) {
    return status.reason();
  }
  if (*status != 200) {
    return Reason{fmt::format("failed: {} answered with status {}", model, *status)};
  }
  return static_cast<double>(now_ns() - begin) / 1e6 - delay_ms;
}

// `a` from nothing, then `b` in its place.
Outcome<Longest> one_of_each(const Endpoint& endpoint, int delay_ms) {
  const auto unloaded = send_once(endpoint, unload_request(endpoint));
  if (!unloaded || *unloaded != 200) {
    return Reason{"failed: the models could not be unloaded"};
  }
  const auto cold = share_of(endpoint, "a", delay_ms);
  if (!cold) {
    return cold.reason();
  }
  const auto swap = share_of(endpoint, "b", delay_ms);
  if (!swap) {
    return swap.reason();
  }
  return Longest{*cold, *swap};
}

Outcome<Longest> longest_shares(const Bench& bench, const Starts& starts) {
  Target gateway = Target::starter(bench.upstream, bench.settings.llmsnapd, bench.settings.model,
                                   starts.delay_ms);
  if (const auto started = gateway.restart(); !started) {
    return started.reason();
  }
  std::optional<Crowd> crowd;
  if (starts.streams > 0) {
    const std::string stream = stream_body(bench.settings.model, interval_us_for(starts.streams));
    auto opened = Crowd::open(gateway.endpoint(), chat_request(gateway.endpoint(), stream),
                              starts.streams, Crowd::Kind::Streams);
    if (!opened) {
      return opened.reason();
    }
    crowd.emplace(std::move(*opened));
  }
  Longest longest;
  for (int i = 0; i < starts.times; ++i) {
    const auto one = one_of_each(gateway.endpoint(), starts.delay_ms);
    if (!one) {
      return one.reason();
    }
    longest.cold_ms = std::max(longest.cold_ms, one->cold_ms);
    longest.swap_ms = std::max(longest.swap_ms, one->swap_ms);
    if (crowd) {
      crowd->run(std::chrono::milliseconds(20));  // or their connections fill up and stall
    }
  }
  return longest;
}

void measure(const Bench& bench, const Target& target, const Starts& starts) {
  if (target.name() != Target::Llmsnapd) {
    for (const std::string_view row : {starts.cold_row, starts.swap_row}) {
      bench.results.add(row, target.name(), Reason{"starts no models, as far as the bench knows"});
    }
    return;
  }
  const auto longest = longest_shares(bench, starts);
  const auto figure = [&longest](double Longest::*of) {
    return longest ? Outcome<double>((*longest).*of) : Outcome<double>(longest.reason());
  };
  bench.results.add(starts.cold_row, target.name(), figure(&Longest::cold_ms));
  bench.results.add(starts.swap_row, target.name(), figure(&Longest::swap_ms));
  bench.upstream.wait_until_no_streams();
}

}  // namespace

void measure_starts_40(const Bench& bench, Target& target) {
  measure(bench, target, {40, 10, "cold-start-40", "swap-40"});
}

void measure_starts_700(const Bench& bench, Target& target) {
  measure(bench, target, {700, 3, "cold-start-700", "swap-700"});
}

void measure_starts_busy(const Bench& bench, Target& target) {
  measure(bench, target, {40, 10, "cold-start-busy", "swap-busy", OtherStreams});
}

}  // namespace bench
