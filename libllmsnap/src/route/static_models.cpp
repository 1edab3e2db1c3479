#include "route/static_models.h"

#include <fmt/format.h>

#include <utility>

namespace llmsnap::route {
namespace {

class StaticLease final : public Lease {
 public:
  explicit StaticLease(std::shared_ptr<const Model> model) : model_(std::move(model)) {}
  const Model& model() const override { return *model_; }

 private:
  std::shared_ptr<const Model> model_;  // the other owner is the service's table
};

}  // namespace

Result<std::unique_ptr<StaticModels>> StaticModels::make(const Config& config,
                                                         const schedule::Handles& handles) {
  std::unique_ptr<StaticModels> service(new StaticModels());
  for (const auto& [id, settings] : config.models) {
    Result<Url> url = parse_url(proxy_url(settings));
    if (!url) {
      return Error{ErrorCode::InvalidConfig,
                   fmt::format("models.{}.proxy: {}", id, url.error().message)};
    }
    auto model = std::make_shared<Model>(Model{settings, std::move(*url)});
    model->config.id = id;  // a config built by hand may name it in the key alone
    if (const auto handle = handles.find(id); handle != handles.end()) {
      model->instance = handle->second;
    }
    service->models_.push_back(model);
    service->names_.insert_or_assign(id, model);  // an id wins over another model's alias
  }
  for (const std::shared_ptr<const Model>& model : service->models_) {
    for (const std::string& alias : model->config.aliases) {
      service->names_.emplace(alias, model);
    }
  }
  return service;
}

std::shared_ptr<const Model> StaticModels::find(std::string_view name) const {
  const auto entry = names_.find(name);
  return entry == names_.end() ? nullptr : entry->second;
}

std::vector<std::shared_ptr<const Model>> StaticModels::list() const {
  return models_;
}

bool StaticModels::is_ready(const Model&) const {
  return true;
}

Result<std::unique_ptr<Lease>> StaticModels::acquire(const std::shared_ptr<const Model>& model) {
  return std::unique_ptr<Lease>(std::make_unique<StaticLease>(model));
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
