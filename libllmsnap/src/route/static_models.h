// StaticModels: the models of a config whose servers already run; each is ready at once, always.
// Thread rule: immutable after make; any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "route/model_service.h"

namespace llmsnap::route {

class StaticModels final : public ModelService {
 public:
  /// `handles`: those of the models that have a process. InvalidConfig where a model's `proxy` is
  /// missing or no URL.
  static Result<std::unique_ptr<StaticModels>> make(const Config& config,
                                                    const schedule::Handles& handles = {});

  std::shared_ptr<const Model> find(std::string_view name) const override;
  std::vector<std::shared_ptr<const Model>> list() const override;
  bool is_ready(const Model& model) const override;
  Result<std::unique_ptr<Lease>> acquire(const std::shared_ptr<const Model>& model) override;
  std::optional<ModelStatus> status(const Model& model) const override;
  std::shared_ptr<OutputLog> output(const Model& model) const override;
  Result<void> load(const Model& model) override;
  Result<void> sleep(const Model& model) override;
  void keep_alive(const Model&, const schedule::KeepAlive&) override {}
  std::vector<ModelEvent> decisions() const override { return {}; }
  Result<void> unload(const std::vector<std::shared_ptr<const Model>>& models) override;

 private:
  StaticModels() = default;

  std::vector<std::shared_ptr<const Model>> models_;  // sorted by id
  // By id and alias. Ordered, not hashed: a lookup compares as many bytes as match, so that asking
  // for every prefix of a long path stays cheap.
  std::map<std::string, std::shared_ptr<const Model>, std::less<>> names_;
};

}  // namespace llmsnap::route
