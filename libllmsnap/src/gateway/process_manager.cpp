#include "llmsnap/process_manager.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "config/model_names.h"
#include "event/event_bus_access.h"
#include "gateway/log_drain.h"
#include "gateway/process_manager_access.h"
#include "schedule/team.h"

namespace llmsnap {
namespace {

/// As good as for ever; a deadline further off could not be counted.
constexpr std::chrono::hours LongTime{24 * 365};

std::map<std::string, std::string, std::less<>> ids_by_name(const Config& config) {
  std::map<std::string, std::string, std::less<>> ids;
  for (const auto& [id, model] : config.models) {
    for (const std::string& alias : model.aliases) {
      ids.emplace(alias, id);
    }
  }
  for (const auto& [id, model] : config.models) {
    ids.insert_or_assign(id, id);  // an id wins over another model's alias
  }
  return ids;
}

Error no_such_model(std::string_view name) {
  return {ErrorCode::NotFound, fmt::format("no model with a cmd is named \"{}\"", name)};
}

/// What a manager without a gateway brings along.
struct OwnThreads {
  OwnThreads(LogLevel level, LogSink sink)
      : log(std::move(sink), level),
        engine(io::EngineOptions{.threads = 1,
                                 .on_fault = [this](std::string_view what) { log.error(what); }}) {}
  ~OwnThreads() {
    worker.stop();
    drain.stop();
  }
  OwnThreads(const OwnThreads&) = delete;
  OwnThreads& operator=(const OwnThreads&) = delete;

  Log log;
  Worker worker;
  const std::unique_ptr<EventBus> events = EventBusAccess::make(worker);
  LogDrain drain{worker, log};
  io::Engine engine;
};

}  // namespace

struct ProcessManager::State {
  State(const Config& config, io::Engine& engine, EventBus& bus, Log& log,
        std::unique_ptr<OwnThreads> threads)
      : own(std::move(threads)),
        ids(ids_by_name(config)),
        events(bus),
        control(config, {.engine = engine,
                         .log = log,
                         .on_change = [this](const ModelEvent& event) { tell(event); }}) {}

  ~State() {
    control.shutdown();
    if (own != nullptr) {
      own->worker.stop();  // delivers what happened last
    }
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void tell(const ModelEvent& event) {
    {
      const MutexLock lock(mutex);  // not between the look at the board and the wait of a waiter
    }
    changed.notify_all();
    events.publish(ModelEvent(event));
  }

  Result<schedule::Handle> find(std::string_view model) const {
    schedule::Handle instance = control.find(id_of(model));
    if (instance == nullptr) {
      return no_such_model(model);
    }
    return instance;
  }

  /// What the config has by that name, and what it has replaced or has no more.
  std::vector<schedule::Handle> all_named(std::string_view name) const {
    std::vector<schedule::Handle> all;
    if (schedule::Handle present = control.find(id_of(name))) {
      all.push_back(std::move(present));
    }
    for (schedule::Handle& model : control.leaving()) {
      if (has_name(model->config, name)) {
        all.push_back(std::move(model));
      }
    }
    return all;
  }

  std::string id_of(std::string_view name) const {
    const MutexLock lock(ids_mutex);
    const auto id = ids.find(name);
    return id == ids.end() ? std::string() : id->second;
  }

  const std::unique_ptr<OwnThreads> own;  // null: they are a gateway's
  mutable Mutex ids_mutex;
  std::map<std::string, std::string, std::less<>> ids GUARDED_BY(ids_mutex);
  Mutex mutex;
  CondVar changed;
  EventBus& events;
  schedule::Control control;
};

namespace {

using Answer = std::future<Result<void>>;

/// Asks the control thread.
template <typename Ask>
Answer ask(Ask ask_control) {
  auto answered = std::make_shared<std::promise<Result<void>>>();  // ours, and the answer's
  auto answer = answered->get_future();
  ask_control([answered](Result<void> result) { answered->set_value(std::move(result)); });
  return answer;
}

}  // namespace

ProcessManager::ProcessManager(const Config& config, ProcessManagerOptions options) {
  auto own = std::make_unique<OwnThreads>(config.log_level, std::move(options.log));
  OwnThreads& threads = *own;
  EventBus& events = options.events != nullptr ? *options.events : *threads.events;
  state_ = std::make_unique<State>(config, threads.engine, events, threads.log, std::move(own));
  state_->control.begin();
}

ProcessManager::ProcessManager(std::unique_ptr<State> state) : state_(std::move(state)) {}
ProcessManager::~ProcessManager() = default;

Result<void> ProcessManager::start(std::string_view model) {
  const auto instance = state_->find(model);
  if (!instance) {
    return instance.error();
  }
  return ask([this, &instance](schedule::Control::OperatorAnswer answer) {
           state_->control.load(*instance, std::move(answer));
         })
      .get();
}

Result<void> ProcessManager::stop(std::string_view model) {
  const std::vector<schedule::Handle> instances = state_->all_named(model);
  if (instances.empty()) {
    return no_such_model(model);
  }
  Result<void> stopped;
  std::vector<Answer> answers;
  for (const schedule::Handle& instance : instances) {
    answers.push_back(ask([this, &instance](schedule::Control::OperatorAnswer answer) {
      state_->control.unload(instance, std::move(answer));
    }));
  }
  for (Answer& answer : answers) {
    if (Result<void> each = answer.get(); !each) {
      stopped = std::move(each);
    }
  }
  return stopped;
}

Result<void> ProcessManager::wait(std::string_view model, ModelState state,
                                  std::chrono::milliseconds limit) {
  const auto instance = state_->find(model);
  if (!instance) {
    return instance.error();
  }
  const Deadline deadline = limit > LongTime ? NoDeadline : SteadyClock::now() + limit;
  const MutexLock lock(state_->mutex);
  // The board changes before a change is told of under this lock: none is missed.
  while (schedule::Control::status(*instance).state != state) {
    if (SteadyClock::now() >= deadline) {
      return Error{
          ErrorCode::UpstreamTimeout,
          fmt::format("model {} did not become {} within {} ms: it is {}", model, name_of(state),
                      limit.count(), name_of(schedule::Control::status(*instance).state))};
    }
    state_->changed.wait_until(state_->mutex, std::min(deadline, SteadyClock::now() + LongTime));
  }
  return {};
}

Subscription ProcessManager::watch(std::function<void(const ModelEvent&)> watcher) {
  return state_->events.on_model(std::move(watcher));
}

std::vector<ModelStatus> ProcessManager::list() const {
  std::vector<ModelStatus> all;
  for (const auto& [id, instance] : state_->control.handles()) {
    all.push_back(schedule::Control::status(instance));
  }
  for (const schedule::Handle& instance : state_->control.leaving()) {
    all.push_back(schedule::Control::status(instance));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& one, const auto& other) { return one.model < other.model; });
  return all;
}

Result<std::string> ProcessManager::output(std::string_view model) const {
  const auto instance = state_->find(model);
  if (!instance) {
    return instance.error();
  }
  return schedule::Control::output(*instance)->snapshot();
}

void ProcessManager::reap_orphans() {
  state_->control.reap_orphans();
}

void ProcessManager::shutdown() {
  state_->control.shutdown();
}

std::chrono::milliseconds ProcessManager::longest_unload_timeout() const {
  return state_->control.longest_unload_timeout();
}

std::unique_ptr<ProcessManager> ProcessManagerAccess::make(const Config& config, io::Engine& engine,
                                                           EventBus& events, Log& log) {
  return std::unique_ptr<ProcessManager>(new ProcessManager(
      std::make_unique<ProcessManager::State>(config, engine, events, log, nullptr)));
}

schedule::Adoption ProcessManagerAccess::adopt(ProcessManager& manager, const Config& config) {
  {
    const MutexLock lock(manager.state_->ids_mutex);
    manager.state_->ids = ids_by_name(config);
  }
  return manager.state_->control.adopt(config);
}

schedule::Control& ProcessManagerAccess::control(ProcessManager& manager) {
  return manager.state_->control;
}

}  // namespace llmsnap
