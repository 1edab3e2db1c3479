// Requests whose query names their model: what a model's server tells of itself, and sockets.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "api/call.h"
#include "api/forward_call.h"
#include "api/handlers.h"
#include "api/pass_through.h"
#include "api/same_site.h"
#include "api/text_body.h"
#include "route/query_model.h"

namespace llmsnap::api {
namespace {

Result<std::optional<route::QueryModel>> named_model(const Call& call) {
  return route::find_query_model(call.request.head.target);
}

Result<Answer> forward_by_query(Call& call, std::string_view upgrade) {
  const auto model = named_model(call);
  if (!model) {
    return model.error();
  }
  if (!*model || (*model)->name.empty()) {
    return Error{ErrorCode::BadRequest, "missing required 'model' query parameter"};
  }
  const std::string_view target = call.request.head.target;
  auto outgoing = forward_request(call, (*model)->name, target);
  outgoing.streaming = route::query_has(target, "stream", "true");
  outgoing.query_model = (*model)->place;
  outgoing.upgrade = upgrade;
  return forward_call(call, outgoing);
}

/// Of the gateway, in the words of llama.cpp's router.
Answer router_props(const Call& call) {
  const nlohmann::ordered_json props{
      {"role", "router"},
      {"max_instances", call.settings.config.max_loaded},
      {"models_autoload", true},
      {"model_alias", "llmsnapd"},
      {"model_path", "none"},
      {"default_generation_settings", {{"params", nlohmann::json::object()}, {"n_ctx", 0}}},
      {"build_info", fmt::format("llmsnapd {}", call.services.build.version)}};
  return text_answer(200, JsonText, props.dump());
}

}  // namespace

Result<Answer> serve_by_query(Call& call) {
  return forward_by_query(call, {});
}

Result<Answer> serve_upgrade(Call& call) {
  // A page may open a socket anywhere; no preflight asks before.
  if (const Result<void> allowed = refuse_other_sites(call.request.head); !allowed) {
    return allowed.error();
  }
  return forward_by_query(call, wanted_protocol(call.request));
}

Result<Answer> show_props(Call& call) {
  const auto model = named_model(call);
  return model && !*model ? router_props(call) : forward_by_query(call, {});
}

}  // namespace llmsnap::api
