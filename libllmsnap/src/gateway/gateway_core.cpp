#include "gateway/gateway_core.h"

#include <algorithm>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include "api/activity_text.h"
#include "api/model_status.h"
#include "base/forward_proxy.h"
#include "base/url.h"
#include "config/env_substitution.h"
#include "config/path_patterns.h"
#include "gateway/preload.h"
#include "gateway/process_manager_access.h"
#include "machine/samples_json.h"
#include "record/access_line.h"

namespace llmsnap {
namespace {

constexpr std::size_t MostThreads = 4;

std::size_t thread_count(const Config& config) {
  if (config.io_threads > 0) {
    return static_cast<std::size_t>(config.io_threads);
  }
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, MostThreads);
}

/// A config that was written in C++ has not been through load_config's checks.
Config without_unusable_parts(Config config, Log& log) {
  std::erase_if(config.models, [&log](const auto& model) {
    const Result<Url> url = parse_url(proxy_url(model.second));
    if (!url) {
      log.error("model " + model.first + " is left out: " + url.error().message);
    }
    return !url;
  });
  std::erase_if(config.peers, [&log](const auto& peer) {
    const Result<Url> url = parse_url(peer.second.proxy);
    if (!url) {
      log.error("peer " + peer.first + " is left out: " + url.error().message);
    }
    return !url;
  });
  std::erase_if(config.ignore_paths, [&log](const std::string& pattern) {
    const auto fault = PathPatterns::fault_of(pattern);
    if (fault) {
      log.error("an ignored path is left out, it is no regular expression: " + *fault);
    }
    return fault.has_value();
  });
  return config;
}

bool is_https(const std::string& text) {
  const Result<Url> url = parse_url(text);
  return url && url->scheme == Url::Scheme::Https;
}

bool asks_for_tls(const Config& config) {
  return std::any_of(config.models.begin(), config.models.end(),
                     [](const auto& model) { return is_https(proxy_url(model.second)); }) ||
         std::any_of(config.peers.begin(), config.peers.end(),
                     [](const auto& peer) { return is_https(peer.second.proxy); });
}

/// Of the store at that path, whatever the config says of another one.
store::Retention retention_of(const RecordingConfig& recording, const std::string& path) {
  return path.empty() ? store::Retention{.rows = recording.records_in_memory}
                      : store::Retention{.rows = recording.store_rows, .age = recording.store_age};
}

/// What was refused before a model was found is no activity.
bool belongs_in_activity(const TrafficRecord& record) {
  return record.metered && !record.model.empty();
}

BuildVersion with_version(BuildVersion build) {
  if (build.version.empty()) {
    build.version = LLMSNAP_VERSION;
  }
  return build;
}

std::vector<machine::ModelProcess> processes_of(const ProcessManager& manager) {
  std::vector<machine::ModelProcess> processes;
  const auto add = [&processes](const std::string& model, int pid) {
    if (pid != 0) {
      processes.push_back({model, pid});
    }
  };
  for (const ModelStatus& status : manager.list()) {
    if (status.instances.empty()) {
      add(status.model, status.pid);
    }
    for (const InstanceStatus& instance : status.instances) {
      add(status.model, instance.pid);
    }
  }
  return processes;
}

}  // namespace

GatewayCore::GatewayCore(Config config, GatewayOptions options)
    : config_(std::move(config)),
      proxies_(options.proxies ? std::move(*options.proxies) : proxy_environment(process_env)),
      outlets_(config_, options),
      log_([this](LogLevel level, std::string_view line) { outlets_.message(level, line); },
           config_.log_level, [this](std::string_view line) { outlets_.access(line); }),
      activity_({.path = config_.recording.store_path,
                 .retention = retention_of(config_.recording, config_.recording.store_path)},
                log_),
      loss_report_(worker_, *events_, metrics_, log_),
      overload_(worker_, log_),
      captures_(worker_, config_.recording.capture_megabytes << 20),
      live_({worker_, *events_, outlets_.logs(), activity_, captures_}, parts_of_events()),
      log_drain_(worker_, log_),
      live_config_(config_, {.read = std::move(options.read_config),
                             .apply = [this](const Config& next) { return apply(next); },
                             .events = *events_,
                             .log = log_}),
      output_(worker_, outlets_) {
  config_ = without_unusable_parts(std::move(config_), log_);
  engine_ = std::make_unique<io::Engine>(io::EngineOptions{
      .threads = thread_count(config_),
      .upstream_tls = asks_for_tls(config_),
      .on_fault = [this](std::string_view what) { log_.error("I/O: " + std::string(what)); }});
  processes_ = ProcessManagerAccess::make(config_, *engine_, *events_, log_);
  schedule::Control& control = ProcessManagerAccess::control(*processes_);
  const schedule::Handles handles = control.handles();
  for (const auto& [id, instance] : handles) {
    output_.follow(id, schedule::Control::output(instance));
  }
  models_ = std::make_unique<ManagedModels>(table_of(config_, handles), control);
  machine_ = std::make_unique<machine::MachineMonitor>(
      config_.recording,
      machine::eyes_on_this_machine([this] { return processes_of(*processes_); }));
  api_ = std::make_unique<api::Api>(
      config_, api::Surroundings{
                   .models = *models_,
                   .router = router_,
                   .logs = outlets_.logs(),
                   .log = log_,
                   .machine = {*machine_, hardware_},
                   .reload = live_config_,
                   .bus = *events_,
                   .build = with_version(std::move(options.build)),
                   .in_flight = live_.in_flight(),
                   .events = live_.feed(),
                   .captures = captures_,
                   .activity = activity_,
                   .traffic = traffic_,
                   .hand_on = [this](TrafficRecord&& record) { complete(std::move(record)); }});
  subscribe_sinks();
  start_loops();
  peer_watch_->follow(models_->present()->peers());
}

std::unique_ptr<route::StaticModels> GatewayCore::table_of(const Config& config,
                                                           const schedule::Handles& handles,
                                                           const route::StaticModels* before) {
  auto table = route::StaticModels::make(config, handles, before, proxies_);
  if (!table) {
    log_.error("no model can be served: " + table.error().message);
    table = route::StaticModels::make({});
  }
  return std::move(*table);
}

/// New requests find the new models first; only then are the old ones told to go, so that nobody
/// is sent from one that goes to one that goes.
ReloadReport GatewayCore::apply(const Config& next) {
  const Config usable = without_unusable_parts(next, log_);
  schedule::Adoption adopted = ProcessManagerAccess::adopt(*processes_, usable);
  for (const auto& [id, instance] : adopted.handles) {
    output_.follow(id, schedule::Control::output(instance));
  }
  api_->change_settings(usable);
  activity_.keep(retention_of(usable.recording, config_.recording.store_path));
  machine_->change(usable.recording);
  const auto before = models_->present();
  models_->replace(table_of(usable, adopted.handles, before.get()));
  peer_watch_->follow(models_->present()->peers());
  schedule::Control& control = ProcessManagerAccess::control(*processes_);
  control.retire(adopted.leaving);
  for (const std::string& id : adopted.removed) {
    output_.forget(id);
  }
  std::vector<std::string> to_load = usable.preload;
  std::erase_if(to_load, [&adopted](const std::string& id) {
    return std::count(adopted.kept.begin(), adopted.kept.end(), id) > 0;
  });
  Preload::start(control, log_, to_load, Incumbents::Stay);
  ReloadReport report;
  report.kept = std::move(adopted.kept);
  report.drained = std::move(adopted.changed);
  report.added = std::move(adopted.added);
  report.removed = std::move(adopted.removed);
  if (asks_for_tls(usable) && !asks_for_tls(config_)) {
    report.needs_restart.emplace_back("proxy (the first https one: certificates are not loaded)");
  }
  return report;
}

void GatewayCore::preload() {
  schedule::Control& control = ProcessManagerAccess::control(*processes_);
  Preload::start(control, log_, config_.preload, Incumbents::MakeRoom);
  control.begin();
}

/// In the references' order. Nobody asks before there are readers.
std::vector<live::EventFeed::Part> GatewayCore::parts_of_events() {
  return {
      {"modelStatus", [this] { return api::model_status_json(*models_); }},
      {"uiConfig",
       [this] { return api::ui_config_json(live_config_.config()->recording.session_headers); }},
      {"profileChanged", [this] { return api::active_profile_json(api_->profiles()); }},
      {"metrics", [this] {
         return api::newest_metrics_json(activity_, config_.recording.records_in_memory,
                                         [this](std::uint64_t id) { return captures_.has(id); });
       }}};
}

void GatewayCore::subscribe_sinks() {
  sinks_.push_back(events_->on_request([this](const TrafficRecord& record) {
    metrics_.observe(record);
    traffic_.observe(record);
  }));
  sinks_.push_back(events_->on_model([this](const ModelEvent& event) { traffic_.observe(event); }));
  sinks_.push_back(
      machine_->on_sample([this](const machine::MachineSample&) { tell_of_machine(); }));
  sinks_.push_back(events_->on_request([this](const TrafficRecord& record) {
    const auto row = belongs_in_activity(record) ? activity_.observe(record) : std::nullopt;
    if (row && record.capture) {
      captures_.add(*row, record.capture);
    }
  }));
  if (config_.access_log != AccessLogFormat::Off) {
    sinks_.push_back(events_->on_request([this](const TrafficRecord& record) {
      if (record::belongs_in_access_log(record)) {
        log_.write_access(record::access_line(record, config_.access_log));
      }
    }));
  }
}

void GatewayCore::tell_of_machine() {
  const machine::SharedSample newest = live_.feed().is_watched() ? machine_->newest() : nullptr;
  if (newest == nullptr) {
    return;
  }
  machine::PerformanceText text({newest});
  std::string json;
  for (std::string part = text.next(); !part.empty(); part = text.next()) {
    json += part;
  }
  live_.feed().publish("system", std::move(json));
}

void GatewayCore::start_loops() {
  for (std::size_t i = 0; i < engine_->size(); ++i) {
    io::Loop& loop = engine_->loop(i);
    engine_->run_on(loop, [this, &loop] { loops_.push_back(std::make_unique<LoopState>(loop)); });
  }
  LoopState& first = *loops_.front();
  peer_watch_ = std::make_unique<peer::PeerWatch>(first.loop, first.pool, log_);
}

GatewayCore::~GatewayCore() {
  shutdown();
  peer_watch_->stop();
  api_->stop();
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    engine_->run_on(loops_[i]->loop, [this, i] { loops_[i].reset(); });
  }
  worker_.stop();  // delivers what the last requests handed on
  log_drain_.stop();
}

void GatewayCore::shutdown() {
  const Deadline deadline = SteadyClock::now() + config_.shutdown_timeout;
  drained_at_.store(deadline);
  std::vector<std::promise<void>> ended(loops_.size());
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    engine_->run_on(loops_[i]->loop, [this, i, &ended] {
      loops_[i]->stop_notice.give();
      loops_[i]->handled.when_empty([&promise = ended[i]] { promise.set_value(); });
    });
  }
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    std::future<void> all_ended = ended[i].get_future();
    if (all_ended.wait_until(deadline) == std::future_status::timeout) {
      log_.warn("requests are cut: they did not end within shutdownTimeout");
      engine_->run_on(loops_[i]->loop, [this, i] { loops_[i]->handled.cut_all(); });
    }
    all_ended.wait();
  }
  processes_->shutdown();
  drained_at_.store(SteadyClock::now());
}

std::optional<Error> GatewayCore::shutdown_error() const {
  const Deadline drained_at = drained_at_.load(std::memory_order_relaxed);
  if (drained_at == NoDeadline) {
    return std::nullopt;
  }
  // Whoever starts it again waits for its end.
  const auto left = std::max(drained_at - SteadyClock::now(), SteadyClock::duration::zero());
  return Error{ErrorCode::Unavailable, "the gateway is shutting down",
               std::chrono::ceil<std::chrono::seconds>(left)};
}

Gateway::Gateway(Config config, GatewayOptions options)
    : core_(std::make_unique<GatewayCore>(std::move(config), std::move(options))) {}
Gateway::~Gateway() = default;

void Gateway::log(LogLevel level, std::string_view line) {
  core_->log().write(level, line);
}
Router& Gateway::router() {
  return core_->router();
}
ProcessManager& Gateway::processes() {
  return core_->processes();
}
EventBus& Gateway::events() {
  return core_->events();
}
MetricsMonitor& Gateway::metrics() {
  return core_->metrics();
}
Subscription Gateway::on_request(std::function<void(const TrafficRecord&)> subscriber) {
  return core_->events().on_request(std::move(subscriber));
}
void Gateway::preload() {
  core_->preload();
}
GatewayAnswer Gateway::handle(GatewayRequest request) {
  return core_->handle(std::move(request));
}
ReloadReport Gateway::reload(Config config) {
  return core_->live_config().reload(std::move(config));
}
Result<ReloadReport> Gateway::reload() {
  return core_->live_config().reload_from_source();
}
void Gateway::shutdown() {
  core_->shutdown();
}

}  // namespace llmsnap
