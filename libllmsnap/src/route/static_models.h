// StaticModels: the models of a config as a table of names: its own, those of its peers, and what
// selectors stand for. Each is taken to be ready at once, always: whose process is ours is its
// owner's knowledge. Thread rule: immutable after make; any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "peer/peer.h"
#include "route/model_service.h"
#include "route/selection.h"

namespace llmsnap::route {

class StaticModels final : public ModelService {
 public:
  /// `handles`: those of the models that have a process. `before`: the table of the last config;
  /// what is known of peers and selectors that have not changed is taken over from it.
  /// `proxies`: which HTTP proxies peers are reached through; the same in every table.
  /// InvalidConfig where the `proxy` of a model or peer is missing or no URL.
  static Result<std::unique_ptr<StaticModels>> make(const Config& config,
                                                    const schedule::Handles& handles = {},
                                                    const StaticModels* before = nullptr,
                                                    const ProxyEnvironment& proxies = {});

  std::vector<std::shared_ptr<peer::Peer>> peers() const;

  std::shared_ptr<const Model> find(std::string_view name) const override;
  std::shared_ptr<const Selection> selection(std::string_view name) const override;
  std::vector<std::shared_ptr<const Model>> list() const override;
  std::vector<std::shared_ptr<const Model>> leaving() const override { return {}; }
  bool is_ready(const Model& model) const override;
  Result<std::unique_ptr<Lease>> acquire(const std::shared_ptr<const Model>& model,
                                         SteadyClock::time_point since, Waiter* waiter) override;
  Result<std::unique_ptr<Lease>> acquire_ready(const std::shared_ptr<const Model>& model,
                                               Counting counting) override;
  std::optional<ModelStatus> status(const Model& model) const override;
  std::shared_ptr<OutputLog> output(const Model& model) const override;
  Result<void> load(const Model& model) override;
  void begin_load(const Model&) override {}
  Result<void> sleep(const Model& model) override;
  void keep_alive(const Model&, const schedule::KeepAlive&) override {}
  std::vector<ModelEvent> decisions() const override { return {}; }
  Result<void> unload(const std::vector<std::shared_ptr<const Model>>& models) override;

 private:
  using Selections = std::map<std::string, std::shared_ptr<const Selection>, std::less<>>;

  StaticModels() = default;
  Result<void> add_models(const Config& config, const schedule::Handles& handles,
                          const StaticModels* before);
  Result<void> add_peers(const Config& config, const StaticModels* before,
                         const ProxyEnvironment& proxies);
  void add_selectors(const Config& config, const StaticModels* before);
  void add_models_of_several_peers(const StaticModels* before);
  void add_selection(Selection selection, const StaticModels* before);

  std::vector<std::shared_ptr<const Model>> models_;          // sorted by id
  std::map<std::string, std::shared_ptr<peer::Peer>> peers_;  // by id
  // By id, alias, qualified and bare name. Ordered, not hashed: a lookup compares as many bytes as
  // match, so that asking for every prefix of a long path stays cheap.
  std::map<std::string, std::shared_ptr<const Model>, std::less<>> names_;
  Selections selections_;
};

}  // namespace llmsnap::route
