#include "route/custom_rules.h"

#include <utility>

#include "route/forward.h"
#include "route/header_rules.h"
#include "route/router_access.h"

namespace llmsnap::route {
namespace {

class RequestForRules final : public RouteRequest {
 public:
  explicit RequestForRules(const ForwardRequest& request) : request_(request) {}

  std::string_view model() const override { return request_.model; }
  std::string_view method() const override { return request_.head.method; }
  std::string_view path() const override { return request_.head.path; }
  bool streaming() const override { return request_.streaming; }
  std::string_view client_address() const override { return request_.client.address; }
  std::string_view key_name() const override { return request_.key_name; }

  std::optional<std::string_view> header(std::string_view name) const override {
    const wire::Field* field =
        is_credential(name) ? nullptr : wire::find_field(request_.head.fields, name);
    return field == nullptr ? std::nullopt : std::optional(field->value);
  }

 private:
  const ForwardRequest& request_;
};

class ModelsForRules final : public RouteView {
 public:
  explicit ModelsForRules(const ModelService& models) : models_(models) {}

  bool exists(std::string_view model) const override { return models_.find(model) != nullptr; }

  bool is_ready(std::string_view model) const override {
    const std::shared_ptr<const Model> found = models_.find(model);
    return found != nullptr && models_.is_ready(*found);
  }

  std::vector<std::string> models() const override {
    std::vector<std::string> ids;
    for (const std::shared_ptr<const Model>& model : models_.list()) {
      ids.push_back(model->config.id);
    }
    return ids;
  }

 private:
  const ModelService& models_;
};

}  // namespace

Result<std::string> choose_model(const Forwarding& forwarding, const ForwardRequest& request) {
  if (RouterAccess::has_rules(forwarding.router)) {
    RouteDecision decision =
        RouterAccess::decide(forwarding.router, RequestForRules(request),
                             ModelsForRules(forwarding.models), forwarding.log);
    if (auto* use = std::get_if<UseModel>(&decision)) {
      return std::move(use->model);
    }
    if (auto* refuse = std::get_if<RefuseRoute>(&decision)) {
      return std::move(refuse->error);
    }
  }
  return std::string(request.model);
}

}  // namespace llmsnap::route
