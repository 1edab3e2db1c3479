#include "route/static_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/peer_names.h"
#include "schedule/refusal_error.h"

namespace llmsnap::route {
namespace {

/// When to try again: how long its answers take nobody knows.
constexpr std::chrono::seconds RetryAfter{1};

class StaticLease final : public Lease {
 public:
  StaticLease(std::shared_ptr<const Model> model, Counting counting)
      : model_(std::move(model)), counting_(counting) {}
  ~StaticLease() override {
    if (counting_ == Counting::Counted) {
      model_->in_work->fetch_sub(1);
    }
  }
  StaticLease(const StaticLease&) = delete;
  StaticLease& operator=(const StaticLease&) = delete;
  const Model& model() const override { return *model_; }

 private:
  std::shared_ptr<const Model> model_;  // the other owner is the service's table
  const Counting counting_;
};

/// Counts one in; false: there are as many already. A limit of 0 is none.
bool enter(const Model& model, std::size_t limit) {
  std::size_t inside = model.in_work->load();
  while (limit == 0 || inside < limit) {
    if (model.in_work->compare_exchange_weak(inside, inside + 1)) {
      return true;
    }
  }
  return false;
}

/// A peer's model as one of ours whose server runs by itself.
ModelConfig model_of_peer(const PeerConfig& peer, const std::string& name) {
  ModelConfig model;
  model.id = qualified_name(peer.id, name);
  model.name = fmt::format("{}: {}", peer.id, name);
  model.proxy = peer.proxy;
  model.use_model_name = name;
  model.filters = peer.filters;
  model.timeouts = peer.timeouts;
  return model;
}

bool have_same_targets(const Selection& a, const Selection& b) {
  return std::equal(a.targets.begin(), a.targets.end(), b.targets.begin(), b.targets.end(),
                    [](const Target& one, const Target& other) {
                      return one.model->config.id == other.model->config.id;
                    });
}

}  // namespace

Result<std::unique_ptr<StaticModels>> StaticModels::make(const Config& config,
                                                         const schedule::Handles& handles,
                                                         const StaticModels* before,
                                                         const ProxyEnvironment& proxies) {
  std::unique_ptr<StaticModels> table(new StaticModels());
  if (auto added = table->add_models(config, handles, before); !added) {
    return added.error();
  }
  if (auto added = table->add_peers(config, before, proxies); !added) {
    return added.error();
  }
  std::sort(table->models_.begin(), table->models_.end(),
            [](const auto& a, const auto& b) { return a->config.id < b->config.id; });
  table->add_selectors(config, before);
  table->add_models_of_several_peers(before);
  return table;
}

Result<void> StaticModels::add_models(const Config& config, const schedule::Handles& handles,
                                      const StaticModels* before) {
  for (const auto& [id, settings] : config.models) {
    Result<Url> url = parse_url(proxy_url(settings));
    if (!url) {
      return Error{ErrorCode::InvalidConfig,
                   fmt::format("models.{}.proxy: {}", id, url.error().message)};
    }
    auto model = std::make_shared<Model>(Model{settings, std::move(*url)});
    model->key = wire::ServerKey(settings.api_key);
    model->config.id = id;  // a config built by hand may name it in the key alone
    if (const auto handle = handles.find(id); handle != handles.end()) {
      model->instance = handle->second;
    }
    const auto known = before == nullptr ? nullptr : before->find(id);
    if (known && known->config.cmd == settings.cmd && known->config.proxy == settings.proxy) {
      model->usage_asking = known->usage_asking;  // what its server can has not changed
      model->in_work = known->in_work;
    }
    models_.push_back(model);
    names_.insert_or_assign(id, model);  // an id wins over another model's alias
  }
  for (const std::shared_ptr<const Model>& model : models_) {
    for (const std::string& alias : model->config.aliases) {
      names_.emplace(alias, model);
    }
  }
  return {};
}

Result<void> StaticModels::add_peers(const Config& config, const StaticModels* before,
                                     const ProxyEnvironment& proxies) {
  std::vector<std::pair<std::string, std::shared_ptr<const Model>>> bare_names;
  for (const auto& [id, settings] : config.peers) {
    PeerConfig named = settings;
    named.id = id;
    auto made = peer::Peer::make(named, proxies);
    if (!made) {
      return made.error();
    }
    std::shared_ptr<peer::Peer> peer = std::move(*made);
    const auto known = before == nullptr ? peers_.end() : before->peers_.find(id);
    if (before != nullptr && known != before->peers_.end() && known->second->config() == named) {
      peer = known->second;
    }
    peers_.emplace(id, peer);
    for (const std::string& name : named.models) {
      auto model = std::make_shared<const Model>(
          Model{model_of_peer(named, name), peer->url(), nullptr, peer});
      if (names_.emplace(model->config.id, model).second) {
        models_.push_back(model);
      }
      bare_names.emplace_back(name, model);
    }
  }
  for (auto& [name, model] : bare_names) {  // behind all qualified ones, which come first
    names_.emplace(name, std::move(model));
  }
  return {};
}

void StaticModels::add_selectors(const Config& config, const StaticModels* before) {
  for (const auto& [id, settings] : config.selectors) {
    const std::shared_ptr<const Model> own = find(id);
    if (own != nullptr && own->peer == nullptr) {
      continue;  // in a config made by hand
    }
    Selection selection{settings, id, {}, nullptr};
    selection.config.id = id;
    for (std::size_t index = 0; index < settings.targets.size(); ++index) {
      if (auto model = find(settings.targets[index])) {
        const bool has_name = index < settings.target_names.size();
        selection.targets.push_back(
            {std::move(model), has_name ? settings.target_names[index] : settings.targets[index]});
      }
    }
    add_selection(std::move(selection), before);
  }
}

/// The first peer of those is found under the bare name already.
void StaticModels::add_models_of_several_peers(const StaticModels* before) {
  std::map<std::string, std::vector<Target>> offers;
  for (const std::shared_ptr<const Model>& model : models_) {
    if (model->peer) {
      offers[model->config.use_model_name].push_back({model, model->config.use_model_name});
    }
  }
  for (auto& [name, targets] : offers) {
    const std::shared_ptr<const Model> found = find(name);
    if (targets.size() > 1 && found->peer && found->config.use_model_name == name) {
      SelectorConfig settings;
      settings.strategy = SelectorStrategy::Warm;
      add_selection({settings, name, std::move(targets), nullptr}, before);
    }
  }
}

void StaticModels::add_selection(Selection selection, const StaticModels* before) {
  if (selection.targets.empty()) {
    return;
  }
  const auto known = before == nullptr ? nullptr : before->selection(selection.name);
  selection.book = known != nullptr && have_same_targets(*known, selection)
                       ? known->book
                       : std::make_shared<TargetBook>(selection.targets.size());
  const std::string name = selection.name;
  selections_.emplace(name, std::make_shared<const Selection>(std::move(selection)));
}

std::vector<std::shared_ptr<peer::Peer>> StaticModels::peers() const {
  std::vector<std::shared_ptr<peer::Peer>> all;
  for (const auto& [id, peer] : peers_) {
    all.push_back(peer);
  }
  return all;
}

std::shared_ptr<const Model> StaticModels::find(std::string_view name) const {
  const auto entry = names_.find(name);
  return entry == names_.end() ? nullptr : entry->second;
}

std::shared_ptr<const Selection> StaticModels::selection(std::string_view name) const {
  const auto entry = selections_.find(name);
  return entry == selections_.end() ? nullptr : entry->second;
}

std::vector<std::shared_ptr<const Model>> StaticModels::list() const {
  return models_;
}

bool StaticModels::is_ready(const Model& model) const {
  return model.peer == nullptr || model.peer->has_loaded(model.config.use_model_name);
}

Result<std::unique_ptr<Lease>> StaticModels::acquire(const std::shared_ptr<const Model>& model,
                                                     SteadyClock::time_point, Waiter*) {
  return acquire_ready(model, Counting::Counted);
}

Result<std::unique_ptr<Lease>> StaticModels::acquire_ready(
    const std::shared_ptr<const Model>& model, Counting counting) {
  const std::size_t limit = concurrency_limit_of(model->config);
  if (counting == Counting::Counted && !enter(*model, limit)) {
    return Error{ErrorCode::ConcurrencyLimit, schedule::at_limit_text(model->config.id, limit),
                 RetryAfter};
  }
  return std::unique_ptr<Lease>(std::make_unique<StaticLease>(model, counting));
}

std::optional<ModelStatus> StaticModels::status(const Model&) const {
  return std::nullopt;
}

std::shared_ptr<OutputLog> StaticModels::output(const Model&) const {
  return nullptr;
}

Result<void> StaticModels::load(const Model&) {
  return {};
}

Result<void> StaticModels::sleep(const Model&) {
  return Error{ErrorCode::Conflict, "its server is not ours to put to sleep"};
}

Result<void> StaticModels::unload(const std::vector<std::shared_ptr<const Model>>&) {
  return {};
}

}  // namespace llmsnap::route
