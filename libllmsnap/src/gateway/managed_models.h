// ManagedModels: the models of a config, with those that have a process started on demand.
// Thread rule: as route::ModelService; the table is immutable.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "route/static_models.h"
#include "schedule/control.h"

namespace llmsnap {

class ManagedModels final : public route::ModelService {
 public:
  /// `control` must outlive it and its leases. InvalidConfig as route::StaticModels::make.
  static Result<std::unique_ptr<ManagedModels>> make(const Config& config,
                                                     schedule::Control& control);

  std::shared_ptr<const route::Model> find(std::string_view name) const override;
  std::vector<std::shared_ptr<const route::Model>> list() const override;
  bool is_ready(const route::Model& model) const override;

  /// Errors: TooManyRequests, Unavailable, UpstreamFailed (it could not be started: why, with its
  /// last output); ClientLeft and ShuttingDown where the calling fiber was interrupted.
  Result<std::unique_ptr<route::Lease>> acquire(
      const std::shared_ptr<const route::Model>& model) override;
  std::optional<ModelStatus> status(const route::Model& model) const override;
  OutputLog* output(const route::Model& model) const override;
  Result<void> load(const route::Model& model) override;
  Result<void> sleep(const route::Model& model) override;
  void keep_alive(const route::Model& model, const schedule::KeepAlive& keep_alive) override;
  std::vector<ModelEvent> decisions() const override;
  Result<void> unload(const std::vector<std::shared_ptr<const route::Model>>& models) override;

 private:
  ManagedModels(std::unique_ptr<route::StaticModels> table, schedule::Control& control);
  using AskControl = schedule::Ticket (schedule::Control::*)(schedule::Instance,
                                                             schedule::Control::OperatorAnswer);
  Result<void> ask(const route::Model& model, AskControl ask_control);
  Result<std::unique_ptr<route::Lease>> wait_for_lease(
      const std::shared_ptr<const route::Model>& model, schedule::Instance instance);

  std::unique_ptr<route::StaticModels> table_;
  schedule::Control& control_;
};

}  // namespace llmsnap
