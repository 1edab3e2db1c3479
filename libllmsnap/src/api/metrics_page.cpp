// What Prometheus is told: of requests, models and the gateway itself.
#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "api/call.h"
#include "api/handlers.h"
#include "api/text_body.h"
#include "machine/reference_gauges.h"
#include "metrics/exposition.h"

namespace llmsnap::api {
namespace {

using metrics::Exposition;

constexpr std::array<ModelState, 9> States{
    ModelState::Stopped,      ModelState::Starting, ModelState::Ready,
    ModelState::Draining,     ModelState::Stopping, ModelState::Failed,
    ModelState::SleepPending, ModelState::Asleep,   ModelState::Waking};

void add_states(const std::string& model, const std::string& instance, ModelState present,
                Exposition& out) {
  for (const ModelState state : States) {
    out.add({{"model", model}, {"instance", instance}, {"state", std::string(name_of(state))}},
            state == present ? 1.0 : 0.0);
  }
}

void write_queues(const route::ModelService& models, Exposition& out) {
  out.begin("llmsnap_queue_depth", "Requests that wait for a model, or for a place at it.",
            Exposition::Type::Gauge);
  for (const auto& model : models.list()) {
    if (const auto status = models.status(*model)) {
      out.add({{"model", model->config.id}}, static_cast<double>(status->waiting));
    }
  }
}

void write_models(const route::ModelService& models, Exposition& out) {
  std::size_t loaded = 0;
  out.begin("llmsnap_process_state", "1 for the state that a model's process is in.",
            Exposition::Type::Gauge);
  for (const auto& model : models.list()) {
    const auto status = models.status(*model);
    if (!status) {
      continue;
    }
    loaded += models.is_ready(*model) ? 1 : 0;
    if (status->instances.empty()) {
      add_states(model->config.id, "1", status->state, out);
    }
    for (std::size_t number = 0; number < status->instances.size(); ++number) {
      add_states(model->config.id, std::to_string(number + 1), status->instances[number].state,
                 out);
    }
  }
  write_queues(models, out);
  out.begin("llmsnap_loaded_models", "Models that are ready.", Exposition::Type::Gauge);
  out.add({}, static_cast<double>(loaded));
}

void write_gateway(const Call& call, Exposition& out) {
  const auto gauge = [&out](std::string_view name, std::string_view help, double value) {
    out.begin(name, help, Exposition::Type::Gauge);
    out.add({}, value);
  };
  out.begin("llmsnap_build_info", "1, with what was built as labels.", Exposition::Type::Gauge);
  out.add({{"version", call.services.build.version}, {"commit", call.services.build.commit}}, 1.0);
  gauge("llmsnap_uptime_seconds", "Since the gateway was made.",
        std::chrono::duration<double>(SteadyClock::now() - call.services.started).count());
  gauge("llmsnap_active_requests", "Requests that models are at, or that wait for one.",
        static_cast<double>(call.services.in_flight.count()));
  gauge("llmsnap_sse_clients", "Readers of /api/events.",
        static_cast<double>(call.services.events.readers()));
  const auto dropped = call.services.activity.dropped();
  out.begin("llmsnap_activity_rows_dropped_total", "Rows that the activity store had no time for.",
            Exposition::Type::Counter);
  out.add({}, dropped.requests);
}

}  // namespace

Result<Answer> show_own_metrics(Call& call) {
  Exposition out;
  write_gateway(call, out);
  write_models(call.services.forwarding.models, out);
  call.services.traffic.write(out);
  std::string text = std::move(out).text();
  if (const machine::SharedSample newest = call.services.machine.monitor.newest()) {
    text += machine::reference_gauges(&newest->system, newest->gpus);
  }
  return text_answer(200, metrics::ExpositionType, std::move(text));
}

}  // namespace llmsnap::api
