#include "route/forward.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/clock.h"
#include "base/escape.h"
#include "route/custom_rules.h"
#include "route/json_string.h"
#include "route/spliced_body.h"

namespace llmsnap::route {
namespace {

/// The name that replaces the one in the body, or empty. A rule's choice is written into the body
/// as if the client had asked for it: the model's server knows nothing of the name the rule stood
/// in for.
std::string_view name_in_body(const ModelConfig& model, std::string_view requested,
                              std::string_view chosen) {
  if (!model.use_model_name.empty()) {
    return model.use_model_name;
  }
  return chosen != requested ? chosen : std::string_view();
}

std::unique_ptr<BodySource> json_body(const JsonBody& json, std::string_view new_name) {
  const std::string_view document = json.bytes.view().substr(json.facts.begin);
  if (new_name.empty() || !json.facts.model) {
    return std::make_unique<SplicedBody>(document);
  }
  return std::make_unique<SplicedBody>(document, json.facts.model_begin - json.facts.begin,
                                       json.facts.model_end - json.facts.begin,
                                       json_string(new_name));
}

upstream::Timeouts timeouts_of(const ModelConfig& config) {
  return {config.connect_timeout, config.response_header_timeout, config.idle_timeout};
}

}  // namespace

Result<Forwarded> forward(const Forwarding& forwarding, const ForwardRequest& request,
                          TrafficRecord& record) {
  record.source = request.source;
  record.requested_model = request.model;
  record.streamed = request.streaming;

  Result<std::string> chosen = choose_model(forwarding, request);
  if (!chosen) {
    return chosen.error();
  }
  const std::shared_ptr<const Model> model = forwarding.models.find(*chosen);
  if (model == nullptr) {
    return Error{ErrorCode::NotFound, fmt::format("no model is named \"{}\"", escaped(*chosen))};
  }
  record.model = model->config.id;
  record.upstream = proxy_url(model->config);

  Result<std::unique_ptr<Lease>> lease = forwarding.models.acquire(model);
  if (!lease) {
    return lease.error();
  }
  record.model_leased = SteadyClock::now();
  const Model& leased = (*lease)->model();

  std::unique_ptr<BodySource> renamed;
  if (request.json != nullptr) {
    renamed = json_body(*request.json, name_in_body(leased.config, request.model, *chosen));
  }

  const Cookies cookies = request.source == Source::Passthrough ? Cookies::Kept : Cookies::Removed;
  const Url& url = (*lease)->url();
  const std::string default_host = url.authority();
  const OutgoingFields outgoing =
      fields_to_model(request.head, request.client, cookies, default_host);

  Result<std::unique_ptr<upstream::Exchange>> exchange = upstream::Exchange::open(
      request.pool, {.url = url,
                     .method = request.head.method,
                     .target = request.target,
                     .fields = outgoing.fields,
                     .body = renamed != nullptr ? renamed.get() : request.body,
                     .timeouts = timeouts_of(leased.config),
                     .upgrade = request.upgrade});
  if (!exchange) {
    const ErrorCode code = exchange.error().code;
    if (code == ErrorCode::UpstreamFailed || code == ErrorCode::UpstreamTimeout) {
      (*lease)->answered(Answered::Badly, request.target);
    }
    return exchange.error();
  }
  return Forwarded{std::move(*lease), std::move(*exchange), cookies, request.target};
}

}  // namespace llmsnap::route
