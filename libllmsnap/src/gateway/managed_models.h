// ManagedModels: the models of a config, with those that have a process started on demand.
// Thread rule: as route::ModelService; replace from any thread.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "route/static_models.h"
#include "schedule/control.h"

namespace llmsnap {

class ManagedModels final : public route::ModelService {
 public:
  /// `control`, which knows all processes of `table`, must outlive it and its leases.
  ManagedModels(std::unique_ptr<route::StaticModels> table, schedule::Control& control);

  /// Who asks from now on, asks the new table. Handles of the old one may be retired then.
  void replace(std::unique_ptr<route::StaticModels> table);

  /// The present one; shared with those who are just reading it.
  std::shared_ptr<const route::StaticModels> present() const { return table(); }

  std::shared_ptr<const route::Model> find(std::string_view name) const override;
  std::shared_ptr<const route::Selection> selection(std::string_view name) const override;
  std::vector<std::shared_ptr<const route::Model>> list() const override;
  std::vector<std::shared_ptr<const route::Model>> leaving() const override;
  bool is_ready(const route::Model& model) const override;

  /// Errors: Superseded (find it anew), ConcurrencyLimit, Unavailable, UpstreamFailed (it could not
  /// be started: why, with its last output); ClientLeft and ShuttingDown where the calling fiber
  /// was interrupted.
  Result<std::unique_ptr<route::Lease>> acquire(const std::shared_ptr<const route::Model>& model,
                                                SteadyClock::time_point since,
                                                route::Waiter* waiter) override;
  Result<std::unique_ptr<route::Lease>> acquire_ready(
      const std::shared_ptr<const route::Model>& model, route::Counting counting) override;
  std::optional<ModelStatus> status(const route::Model& model) const override;
  std::shared_ptr<OutputLog> output(const route::Model& model) const override;
  Result<void> load(const route::Model& model) override;
  void begin_load(const route::Model& model) override;
  Result<void> sleep(const route::Model& model) override;
  void keep_alive(const route::Model& model, const schedule::KeepAlive& keep_alive) override;
  std::vector<ModelEvent> decisions() const override;
  Result<void> unload(const std::vector<std::shared_ptr<const route::Model>>& models) override;

 private:
  using Table = std::shared_ptr<route::StaticModels>;  // shared with who is just reading it
  Table table() const;
  using AskControl = schedule::Ticket (schedule::Control::*)(schedule::Handle,
                                                             schedule::Control::OperatorAnswer);
  Result<void> ask(const route::Model& model, AskControl ask_control);
  Result<std::unique_ptr<route::Lease>> wait_for_lease(
      const std::shared_ptr<const route::Model>& model, SteadyClock::time_point since,
      route::Waiter* waiter);
  std::optional<schedule::Standing> standing(schedule::Ticket ticket);

  mutable Mutex mutex_;
  Table table_ GUARDED_BY(mutex_);
  schedule::Control& control_;
};

}  // namespace llmsnap
