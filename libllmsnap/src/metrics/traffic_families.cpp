#include "metrics/traffic_families.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace llmsnap::metrics {
namespace {

constexpr std::string_view Other = "other";

/// Paths that we know, whatever stands before them; clients must not make up series.
std::string_view endpoint_of(const TrafficRecord& record) {
  constexpr std::array<std::string_view, 24> Known{"/v1/chat/completions",
                                                   "/v1/responses",
                                                   "/v1/completions",
                                                   "/v1/messages",
                                                   "/v1/messages/count_tokens",
                                                   "/v1/embeddings",
                                                   "/v1/rerank",
                                                   "/v1/reranking",
                                                   "/rerank",
                                                   "/reranking",
                                                   "/infill",
                                                   "/completion",
                                                   "/v1/audio/speech",
                                                   "/v1/audio/voices",
                                                   "/v1/audio/transcriptions",
                                                   "/v1/images/generations",
                                                   "/v1/images/edits",
                                                   "/sdapi/v1/txt2img",
                                                   "/sdapi/v1/img2img",
                                                   "/sdapi/v1/loras",
                                                   "/v1/tasks/run",
                                                   "/props",
                                                   "/slots",
                                                   "/chat/completions"};
  const auto* const found = std::find(Known.begin(), Known.end(), record.endpoint);
  return found == Known.end() ? Other : *found;
}

std::string_view source_of(const TrafficRecord& record) {
  if (!record.peer.empty()) {
    return "peer";
  }
  switch (record.source) {
    case Source::Local:
      return "local";
    case Source::Passthrough:
      return "passthrough";
    case Source::Gateway:
      break;
  }
  return "gateway";
}

std::string_view code_of(int status) {
  constexpr std::array<std::string_view, 6> Classes{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  return Classes[status >= 100 && status < 600 ? static_cast<std::size_t>(status / 100) : 0];
}

/// Why it counts as an error; empty: it does not.
std::string_view error_of(const TrafficRecord& record) {
  switch (record.outcome) {
    case Outcome::ClientLeft:
      return "client_left";
    case Outcome::Cancelled:
      return "cancelled";
    case Outcome::UpstreamBroke:
      return "upstream_broke";
    case Outcome::Shutdown:
      return "shutdown";
    case Outcome::Refused:
      return "refused";
    case Outcome::Complete:
      break;
  }
  return record.status >= 500 ? "status_5xx" : record.status >= 400 ? "status_4xx" : "";
}

void count_swap(const ModelEvent& event, std::map<GoingCause, std::uint64_t>& swaps) {
  // All from the beginning: Prometheus sees an increase only behind a zero.
  for (const GoingCause cause :
       {GoingCause::Room, GoingCause::Idle, GoingCause::Unload, GoingCause::Sleep,
        GoingCause::Config, GoingCause::Failure, GoingCause::Shutdown}) {
    swaps.try_emplace(cause, 0);
  }
  // What drains may stay.
  if (event.cause && event.to != ModelState::Draining) {
    ++swaps[*event.cause];
  }
}

bool has_happened(TrafficRecord::Clock::time_point at) {
  return at != TrafficRecord::Clock::time_point{};
}

}  // namespace

void TrafficFamilies::Histogram::add(std::chrono::duration<double> value) {
  const double seconds = std::max(value.count(), 0.0);
  const auto* const bound = std::lower_bound(Bounds.begin(), Bounds.end(), seconds);
  ++counts[static_cast<std::size_t>(bound - Bounds.begin())];
  sum += seconds;
}

const std::string& TrafficFamilies::label_of(const std::string& model) {
  static const std::string TooMany(Other);
  return models_.contains(model) || models_.size() < MostModels ? model : TooMany;
}

TrafficFamilies::Model& TrafficFamilies::of(const std::string& model) {
  return models_[label_of(model)];
}

void TrafficFamilies::observe(const TrafficRecord& record) {
  const MutexLock lock(mutex_);
  const std::string& label = label_of(record.model);
  Model& model = models_[label];
  ++requests_[{label, endpoint_of(record), source_of(record), code_of(record.status)}];
  if (const auto reason = error_of(record); !reason.empty()) {
    ++errors_[{label, reason}];
  }
  if (!record.metered) {
    return;
  }
  model.duration.add(record.finished - record.received);
  if (has_happened(record.first_byte)) {
    model.first_byte.add(record.first_byte - record.received);
  }
  if (has_happened(record.lease_asked)) {
    const auto until = has_happened(record.model_leased) ? record.model_leased : record.finished;
    model.queue_wait.add(until - record.lease_asked);
  }
  model.input_tokens += record.usage.input_tokens.value_or(0);
  model.output_tokens += record.usage.output_tokens.value_or(0);
  model.cached_tokens += record.usage.cached_tokens.value_or(0);
}

void TrafficFamilies::observe(const ModelEvent& event) {
  const MutexLock lock(mutex_);
  Model& model = of(event.model);
  count_swap(event, model.swaps);
  if (event.to == ModelState::Starting) {
    model.starts[event.instance] = event.at;
    model.restarts += event.from == ModelState::Failed ? 1 : 0;
    return;
  }
  const auto started = model.starts.find(event.instance);
  if (started == model.starts.end()) {
    return;
  }
  if (event.to == ModelState::Ready) {
    model.load.add(event.at - started->second);
  }
  model.starts.erase(started);
}

void TrafficFamilies::write_histogram(std::string_view name, std::string_view help,
                                      Histogram Model::*member, Exposition& out) const {
  out.begin(name, help, Exposition::Type::Histogram);
  for (const auto& [id, model] : models_) {
    const Histogram& histogram = model.*member;
    const std::uint64_t all =
        std::accumulate(histogram.counts.begin(), histogram.counts.end(), std::uint64_t{0});
    if (all == 0) {
      continue;  // of what had none yet, as of requests to the gateway itself
    }
    std::uint64_t count = 0;
    for (std::size_t bucket = 0; bucket < histogram.counts.size(); ++bucket) {
      count += histogram.counts[bucket];
      const std::string bound =
          bucket < Bounds.size() ? fmt::format("{}", Bounds[bucket]) : std::string("+Inf");
      out.add_count("_bucket", {{"model", id}, {"le", bound}}, count);
    }
    out.add_as("_sum", {{"model", id}}, histogram.sum);
    out.add_count("_count", {{"model", id}}, count);
  }
}

void TrafficFamilies::write(Exposition& out) const {
  using Type = Exposition::Type;
  const MutexLock lock(mutex_);
  out.begin("llmsnap_requests_total", "Requests that ended.", Type::Counter);
  for (const auto& [kind, count] : requests_) {
    out.add({{"model", kind.model},
             {"endpoint", std::string(kind.endpoint)},
             {"source", std::string(kind.source)},
             {"code", std::string(kind.code)}},
            count);
  }
  out.begin("llmsnap_request_errors_total", "Requests that were refused, broke, or failed.",
            Type::Counter);
  for (const auto& [error, count] : errors_) {
    out.add({{"model", error.first}, {"reason", std::string(error.second)}}, count);
  }
  write_histogram("llmsnap_request_duration_seconds", "From a request's arrival to its end.",
                  &Model::duration, out);
  write_histogram("llmsnap_time_to_first_byte_seconds",
                  "From a request's arrival to the first byte of its answer.", &Model::first_byte,
                  out);
  write_histogram("llmsnap_queue_wait_seconds",
                  "From asking for a model to having it, loads included.", &Model::queue_wait, out);
  write_histogram("llmsnap_model_load_seconds", "From a model's start to its readiness.",
                  &Model::load, out);
  out.begin("llmsnap_tokens_total", "Tokens that models' servers reported.", Type::Counter);
  for (const auto& [id, model] : models_) {
    out.add({{"model", id}, {"kind", "input"}}, model.input_tokens);
    out.add({{"model", id}, {"kind", "output"}}, model.output_tokens);
    out.add({{"model", id}, {"kind", "cached"}}, model.cached_tokens);
  }
  write_lives(out);
}

void TrafficFamilies::write_lives(Exposition& out) const {
  using Type = Exposition::Type;
  out.begin("llmsnap_process_restarts_total", "Starts of a model after it had failed.",
            Type::Counter);
  for (const auto& [id, model] : models_) {
    out.add({{"model", id}, {"reason", "failure"}}, model.restarts);
  }
  out.begin("llmsnap_swaps_total", "Times that the gateway stopped a model or put it to sleep.",
            Type::Counter);
  for (const auto& [id, model] : models_) {
    for (const auto& [cause, count] : model.swaps) {
      out.add({{"model", id}, {"reason", std::string(name_of(cause))}}, count);
    }
  }
}

}  // namespace llmsnap::metrics
