#include "gateway/managed_models.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/placeholder.h"
#include "io/awaited.h"
#include "route/waiter.h"
#include "schedule/team.h"

namespace llmsnap {
namespace {

using process::Gate;

/// Set where another instance has the usual port, or somebody had taken it when this life began.
std::optional<Url> other_url(const route::Model& model, const schedule::Admission& admission) {
  if (admission.port == model.config.port) {
    return std::nullopt;
  }
  Result<Url> url = parse_url(with_port(model.config.proxy, admission.port));
  return url ? std::optional(std::move(*url)) : std::nullopt;
}

class ManagedLease final : public route::Lease {
 public:
  ManagedLease(std::shared_ptr<const route::Model> model, schedule::Control& control,
               const schedule::Admission& admission)
      : model_(std::move(model)),
        control_(control),
        admission_(admission),
        other_url_(other_url(*model_, admission)) {}
  ~ManagedLease() override {
    if (!answered_) {
      schedule::Control::broken_off(model_->instance, admission_);
    }
    schedule::Control::was_in_work(model_->instance, admission_, SteadyClock::now() - begun_);
    control_.leave(model_->instance, admission_);
  }
  ManagedLease(const ManagedLease&) = delete;
  ManagedLease& operator=(const ManagedLease&) = delete;

  const route::Model& model() const override { return *model_; }
  const Url& url() const override { return other_url_ ? *other_url_ : model_->url; }
  void answered(route::Answered how, std::string_view target) override {
    answered_ = true;
    if (how == route::Answered::Well) {
      schedule::Control::answered_well(model_->instance, admission_, target);
    } else {
      control_.answered_badly(model_->instance, admission_, target);
    }
  }
  std::optional<std::string> told_to_stop() const override {
    return schedule::Control::told_to_stop(model_->instance, admission_);
  }

 private:
  std::shared_ptr<const route::Model> model_;  // the other owner is the service's table
  schedule::Control& control_;
  const schedule::Admission admission_;
  const SteadyClock::time_point begun_ = SteadyClock::now();
  const std::optional<Url> other_url_;
  bool answered_ = false;
};

/// Its answers say nothing about the model either: what is not waited for may break at any time.
class UncountedLease final : public route::Lease {
 public:
  UncountedLease(std::shared_ptr<const route::Model> model, const schedule::Admission& admission)
      : model_(std::move(model)),
        admission_(admission),
        other_url_(other_url(*model_, admission)) {}

  const route::Model& model() const override { return *model_; }
  const Url& url() const override { return other_url_ ? *other_url_ : model_->url; }
  bool holds() const override {
    return schedule::Control::is_present(model_->instance, admission_);
  }
  std::optional<std::string> told_to_stop() const override {
    return schedule::Control::told_to_stop(model_->instance, admission_);
  }

 private:
  std::shared_ptr<const route::Model> model_;  // the other owner is the service's table
  const schedule::Admission admission_;
  const std::optional<Url> other_url_;
};

using Answered = io::Awaited<Result<void>>;

Error interrupted(const route::Model& model, io::WaitResult reason) {
  if (reason == io::WaitResult::Shutdown) {
    return {ErrorCode::ShuttingDown, "the gateway is shutting down"};
  }
  return {ErrorCode::ClientLeft,
          fmt::format("the client left while it waited for {}", model.config.id)};
}

Result<void> answer_about(const route::Model& model, Answered& answered) {
  auto waited = answered.wait();
  if (const io::WaitResult* reason = std::get_if<io::WaitResult>(&waited)) {
    return interrupted(model, *reason);
  }
  return std::get<Result<void>>(std::move(waited));
}

}  // namespace

ManagedModels::ManagedModels(std::unique_ptr<route::StaticModels> table, schedule::Control& control)
    : table_(std::move(table)), control_(control) {}

void ManagedModels::replace(std::unique_ptr<route::StaticModels> table) {
  const MutexLock lock(mutex_);
  table_ = std::move(table);
}

ManagedModels::Table ManagedModels::table() const {
  const MutexLock lock(mutex_);
  return table_;
}

std::shared_ptr<const route::Model> ManagedModels::find(std::string_view name) const {
  return table()->find(name);
}

std::shared_ptr<const route::Selection> ManagedModels::selection(std::string_view name) const {
  return table()->selection(name);
}

std::vector<std::shared_ptr<const route::Model>> ManagedModels::list() const {
  return table()->list();
}

std::vector<std::shared_ptr<const route::Model>> ManagedModels::leaving() const {
  std::vector<std::shared_ptr<const route::Model>> models;
  for (const schedule::Handle& instance : control_.leaving()) {
    if (Result<Url> url = parse_url(proxy_url(instance->config))) {
      models.push_back(std::make_shared<route::Model>(
          route::Model{instance->config, std::move(*url), instance}));
    }
  }
  return models;
}

bool ManagedModels::is_ready(const route::Model& model) const {
  return model.instance ? schedule::Control::is_ready(model.instance) : table()->is_ready(model);
}

Result<std::unique_ptr<route::Lease>> ManagedModels::acquire(
    const std::shared_ptr<const route::Model>& model, SteadyClock::time_point since,
    route::Waiter* waiter) {
  Result<std::unique_ptr<route::Lease>> lease = acquire_ready(model, route::Counting::Counted);
  if (!lease || *lease != nullptr) {
    return lease;
  }
  return wait_for_lease(model, since, waiter);
}

Result<std::unique_ptr<route::Lease>> ManagedModels::acquire_ready(
    const std::shared_ptr<const route::Model>& model, route::Counting counting) {
  if (!model->instance) {
    return table()->acquire_ready(model, counting);
  }
  if (counting == route::Counting::Uncounted) {
    const schedule::Admission present = schedule::Control::look(model->instance);
    return present.entry == Gate::Entry::Entered
               ? std::unique_ptr<route::Lease>(std::make_unique<UncountedLease>(model, present))
               : nullptr;
  }
  const schedule::Admission admission = schedule::Control::try_enter(model->instance);
  switch (admission.entry) {
    case Gate::Entry::Entered:
      return std::unique_ptr<route::Lease>(
          std::make_unique<ManagedLease>(model, control_, admission));
    case Gate::Entry::Full:
      return schedule::Control::at_limit(model->instance);
    case Gate::Entry::Closed:
      break;
  }
  return std::unique_ptr<route::Lease>();
}

/// Nothing if the ticket is answered, or who asks is interrupted.
std::optional<schedule::Standing> ManagedModels::standing(schedule::Ticket ticket) {
  using Standing = std::optional<schedule::Standing>;
  const auto answer = std::make_shared<io::Awaited<Standing>>();
  control_.standing(ticket, [answer](Standing standing) { answer->put(std::move(standing)); });
  auto waited = answer->wait();
  Standing* standing = std::get_if<Standing>(&waited);
  return standing == nullptr ? std::nullopt : std::move(*standing);
}

Result<std::unique_ptr<route::Lease>> ManagedModels::wait_for_lease(
    const std::shared_ptr<const route::Model>& model, SteadyClock::time_point since,
    route::Waiter* waiter) {
  using Admission = Result<schedule::Admission>;
  const auto answer = std::make_shared<io::Awaited<Admission>>(
      [this, instance = model->instance](Admission&& late) {
        if (late) {
          control_.leave(instance, *late);  // granted, and nobody takes it
        }
      });
  const schedule::Ticket ticket = control_.request(
      model->instance, since, [answer](Admission given) { answer->put(std::move(given)); });
  if (waiter != nullptr) {
    waiter->waits_for(*model);
    while (answer->until(waiter->due()) == io::WaitResult::Deadline) {
      const std::optional<schedule::Standing> stands = standing(ticket);
      if (!stands) {
        break;
      }
      if (Result<void> told = waiter->stands(*stands); !told) {
        answer->leave();
        control_.cancel(ticket);
        return told.error();
      }
    }
  }
  auto waited = answer->wait();
  if (const io::WaitResult* reason = std::get_if<io::WaitResult>(&waited)) {
    control_.cancel(ticket);
    return interrupted(*model, *reason);
  }
  const Admission& given = std::get<Admission>(waited);
  if (!given) {
    return given.error();
  }
  std::unique_ptr<route::Lease> lease = std::make_unique<ManagedLease>(model, control_, *given);
  if (Result<void> told = waiter != nullptr ? waiter->ready() : Result<void>(); !told) {
    return told.error();
  }
  return lease;
}

std::optional<ModelStatus> ManagedModels::status(const route::Model& model) const {
  if (!model.instance) {
    return std::nullopt;
  }
  return schedule::Control::status(model.instance);
}

std::shared_ptr<OutputLog> ManagedModels::output(const route::Model& model) const {
  return model.instance ? schedule::Control::output(model.instance) : nullptr;
}

Result<void> ManagedModels::ask(const route::Model& model, AskControl ask_control) {
  const auto answered = std::make_shared<Answered>();
  const schedule::Ticket ticket = (control_.*ask_control)(
      model.instance, [answered](Result<void> result) { answered->put(std::move(result)); });
  Result<void> result = answer_about(model, *answered);
  if (!result) {
    control_.cancel(ticket);  // where the operator left, nobody waits for it any more
  }
  return result;
}

Result<void> ManagedModels::load(const route::Model& model) {
  return model.instance ? ask(model, &schedule::Control::load) : Result<void>();
}

void ManagedModels::begin_load(const route::Model& model) {
  if (model.instance) {
    control_.load(model.instance, [](const Result<void>&) {});
  }
}

Result<void> ManagedModels::sleep(const route::Model& model) {
  return model.instance ? ask(model, &schedule::Control::sleep) : table()->sleep(model);
}

void ManagedModels::keep_alive(const route::Model& model, const schedule::KeepAlive& keep_alive) {
  if (model.instance) {
    control_.keep_alive(model.instance, keep_alive);
  }
}

std::vector<ModelEvent> ManagedModels::decisions() const {
  return control_.decisions();
}

Result<void> ManagedModels::unload(const std::vector<std::shared_ptr<const route::Model>>& models) {
  std::vector<std::pair<const route::Model*, std::shared_ptr<Answered>>> begun;
  for (const auto& model : models) {
    if (model->instance) {
      const auto answered = std::make_shared<Answered>();
      control_.unload(model->instance,
                      [answered](Result<void> result) { answered->put(std::move(result)); });
      begun.emplace_back(model.get(), answered);
    }
  }
  for (const auto& [model, answered] : begun) {
    if (Result<void> unloaded = answer_about(*model, *answered); !unloaded) {
      return unloaded;
    }
  }
  return {};
}

}  // namespace llmsnap
