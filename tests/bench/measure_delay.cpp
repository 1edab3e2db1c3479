#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "closed_loop.h"
#include "crowd.h"
#include "measure.h"

namespace bench {
namespace {

constexpr int Departures = 10;
constexpr std::size_t OtherStreams = 100;
constexpr int LargeBodies = 5;
constexpr std::size_t LargeBodyBytes = 10'000'000;
constexpr std::chrono::milliseconds Slice{50};
constexpr std::chrono::milliseconds AfterBody{150};

// The name stands at the end, so that nobody can route before all of it was looked at.
std::string image_body(std::string_view model) {
  std::string body =
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},)"
      R"({"type":"image_url","image_url":{"url":"data:image/png;base64,)";
  const std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  body.reserve(LargeBodyBytes + 100);
  for (std::uint32_t noise = 1; body.size() < LargeBodyBytes;) {
    noise = noise * 1664525u + 1013904223u;
    body += alphabet[noise >> 26];
  }
  return body + fmt::format(R"("}}}}]}}],"model":"{}"}})", model);
}

std::string array_body(std::string_view model) {
  std::string body = R"({"input":[1)";
  body.reserve(LargeBodyBytes + 100);
  while (body.size() < LargeBodyBytes) {
    body += ",1";
  }
  return body + fmt::format(R"(],"model":"{}"}})", model);
}

Outcome<double> longest_departure_ms(const Bench& bench, const Target& target) {
  // One event at once, then none for a minute: nothing but the departure can close the connection.
  const std::string request =
      chat_request(target.endpoint(), stream_body(bench.settings.model, 60'000'000));
  double longest = 0;
  for (int i = 0; i < Departures; ++i) {
    auto crowd = Crowd::open(target.endpoint(), request, 1, Crowd::Kind::Streams);
    if (!crowd) {
      return crowd.reason();
    }
    crowd->run(std::chrono::milliseconds(5));
    const std::int64_t left = now_ns();
    crowd->leave();
    if (!bench.upstream.wait_until_no_streams()) {
      return Reason{"failed: the upstream connection was still open after 2 s"};
    }
    const std::int64_t seen = bench.upstream.counters().last_stream_end_ns.load();
    longest = std::max(longest, static_cast<double>(seen - left) / 1e6);
  }
  return longest;
}

// Streams go on while large bodies are posted one by one from another thread.
Outcome<double> longest_stall_ms(const Bench& bench, const Target& target,
                                 const std::string& body) {
  // Built before the streams are opened: it takes longer than the delays that are looked for.
  const std::string request = chat_request(target.endpoint(), body);
  const std::string stream = stream_body(bench.settings.model, interval_us_for(OtherStreams));
  auto crowd = Crowd::open(target.endpoint(), chat_request(target.endpoint(), stream), OtherStreams,
                           Crowd::Kind::Streams);
  if (!crowd) {
    return crowd.reason();
  }
  double longest = 0;
  for (int i = 0; i < LargeBodies; ++i) {
    auto sent = std::async(std::launch::async, [&target, &request] {
      // The body is load, not measuring.
      set_priority(Priority::Ordinary);
      return send_once(target.endpoint(), request);
    });
    while (sent.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      longest = std::max(longest, crowd->run(Slice).longest_delay_ms);
    }
    const auto status = sent.get();
    if (!status) {
      return status.reason();
    }
    if (*status != 200) {
      return Reason{fmt::format("failed: the large body got status {}", *status)};
    }
    longest = std::max(longest, crowd->run(AfterBody).longest_delay_ms);
  }
  if (crowd->alive() != OtherStreams) {
    return Reason{fmt::format("failed: {} streams were cut", OtherStreams - crowd->alive())};
  }
  return longest;
}

void measure_stall(const Bench& bench, const Target& target, std::string_view row,
                   const std::string& body) {
  bench.results.add(row, target.name(), longest_stall_ms(bench, target, body));
  bench.upstream.wait_until_no_streams();
}

}  // namespace

void measure_first_byte(const Bench& bench, Target& target) {
  const std::string request = chat_request(target.endpoint(), small_body(bench.settings.model));
  const auto times = first_byte_times(target.endpoint(), request, bench.settings.time(0.5));
  if (!times || times->empty()) {
    const Reason reason = times ? Reason{"failed: no answer in time"} : times.reason();
    bench.results.add("first-byte-p50", target.name(), reason);
    bench.results.add("first-byte-p99", target.name(), reason);
    return;
  }
  bench.results.add("first-byte-p50", target.name(), percentile(*times, 0.50));
  bench.results.add("first-byte-p99", target.name(), percentile(*times, 0.99));
}

void measure_client_leaves(const Bench& bench, Target& target) {
  bench.results.add("client-leaves", target.name(), longest_departure_ms(bench, target));
  bench.upstream.wait_until_no_streams();
}

void measure_stall_by_image(const Bench& bench, Target& target) {
  measure_stall(bench, target, "stall-image", image_body(bench.settings.model));
}

void measure_stall_by_array(const Bench& bench, Target& target) {
  measure_stall(bench, target, "stall-array", array_body(bench.settings.model));
}

}  // namespace bench
