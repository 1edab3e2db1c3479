#include "route/outgoing_body.h"

#include <string_view>
#include <utility>
#include <vector>

#include "io/fiber.h"
#include "route/body_filters.h"
#include "route/forward.h"
#include "route/query_model.h"

namespace llmsnap::route {
namespace {

/// The name that replaces the one in the body or query, or empty. A rule's choice is written into
/// the body as if the client had asked for it: the model's server knows nothing of the name the
/// rule stood in for.
std::string_view name_in_body(const ModelConfig& model, std::string_view requested,
                              std::string_view chosen) {
  if (!model.use_model_name.empty()) {
    return model.use_model_name;
  }
  return chosen != requested ? chosen : std::string_view();
}

/// What is meant for us is taken out, but for servers that are not ours to keep or to stop.
Result<std::vector<Replacement>> json_changes(const Model& model, const ForwardRequest& request,
                                              std::string_view chosen, UsageWish wish) {
  const auto& [bytes, facts] = *request.json;
  BodyChanges changes{.new_model = name_in_body(model.config, request.model, chosen),
                      .filters = &model.config.filters,
                      .requested_model = chosen,
                      .add_usage_option = wish == UsageWish::Added};
  if (model.instance && facts.keep_alive) {
    changes.taken.emplace_back("keep_alive");
  }
  if (model.instance && facts.ttl) {
    changes.taken.emplace_back("ttl");
  }
  return filter_body(bytes, facts, changes, io::Fiber::yield);
}

}  // namespace

Result<void> OutgoingBody::prepare(const Model& model, const ForwardRequest& request,
                                   const std::string& name, UsageWish wish) {
  source_ = request.body;
  target_ = request.target;
  const std::string_view new_name = name_in_body(model.config, request.model, name);
  if (request.query_model && !new_name.empty()) {
    new_target_ = with_query_model(request.target, *request.query_model, new_name);
    target_ = new_target_;
  }
  if (request.form != nullptr) {
    return prepare_form(model, request, name);
  }
  if (request.json != nullptr) {
    auto changes = json_changes(model, request, name, wish);
    if (!changes) {
      return changes.error();
    }
    source_ = &json_.emplace(request.json->bytes.view(), std::move(*changes));
  }
  return {};
}

Result<void> OutgoingBody::prepare_form(const Model& model, const ForwardRequest& request,
                                        const std::string& name) {
  const auto& [body, facts] = *request.form;
  if (!body.rewind()) {
    return Error{ErrorCode::Internal, "a form that was read cannot be read again"};
  }
  source_ = &body;
  const std::string_view new_name = name_in_body(model.config, request.model, name);
  new_name_ = facts.url_encoded ? query_escaped(new_name) : std::string(new_name);
  if (!new_name_.empty()) {
    source_ = &form_.emplace(body, facts.model_begin, facts.model_end, new_name_);
  }
  return {};
}

}  // namespace llmsnap::route
