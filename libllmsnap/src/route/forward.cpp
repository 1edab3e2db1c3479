#include "route/forward.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/escape.h"
#include "io/fiber.h"
#include "route/body_filters.h"
#include "route/custom_rules.h"
#include "route/spliced_body.h"
#include "route/stay_request.h"

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

/// What is meant for us is taken out, but for servers that are not ours to keep or to stop.
Result<std::vector<Replacement>> body_for(const Model& model, const ForwardRequest& request,
                                          std::string_view chosen) {
  const auto& [bytes, facts] = *request.json;
  BodyChanges changes{.new_model = name_in_body(model.config, request.model, chosen),
                      .filters = &model.config.filters,
                      .requested_model = chosen};
  if (model.instance && facts.keep_alive) {
    changes.taken.emplace_back("keep_alive");
  }
  if (model.instance && facts.ttl) {
    changes.taken.emplace_back("ttl");
  }
  return filter_body(bytes, facts, changes, io::Fiber::yield);
}

Result<std::optional<schedule::KeepAlive>> stay_of(const Model& model,
                                                   const ForwardRequest& request) {
  if (!model.instance || request.json == nullptr) {
    return std::optional<schedule::KeepAlive>();
  }
  return requested_stay(request.json->bytes.view(), request.json->facts);
}

upstream::Timeouts timeouts_of(const ModelConfig& config) {
  return {config.connect_timeout, config.response_header_timeout, config.idle_timeout};
}

Result<Forwarded> send(std::unique_ptr<Lease> lease, const ForwardRequest& request,
                       BodySource* body) {
  const Cookies cookies = request.source == Source::Passthrough ? Cookies::Kept : Cookies::Removed;
  const Url& url = lease->url();
  const std::string default_host = url.authority();
  const OutgoingFields outgoing =
      fields_to_model(request.head, request.client, cookies, default_host);

  Result<std::unique_ptr<upstream::Exchange>> exchange =
      upstream::Exchange::open(request.pool, {.url = url,
                                              .method = request.head.method,
                                              .target = request.target,
                                              .fields = outgoing.fields,
                                              .body = body,
                                              .timeouts = timeouts_of(lease->model().config),
                                              .upgrade = request.upgrade});
  if (!exchange) {
    const ErrorCode code = exchange.error().code;
    if (code == ErrorCode::UpstreamFailed || code == ErrorCode::UpstreamTimeout) {
      lease->answered(Answered::Badly, request.target);
    }
    return exchange.error();
  }
  return Forwarded{std::move(lease), std::move(*exchange), cookies, request.target};
}

Result<Forwarded> forward_to(const Forwarding& forwarding, const ForwardRequest& request,
                             const std::string& chosen, TrafficRecord& record) {
  const std::shared_ptr<const Model> model = forwarding.models.find(chosen);
  if (model == nullptr) {
    return Error{ErrorCode::NotFound, fmt::format("no model is named \"{}\"", escaped(chosen))};
  }
  record.model = model->config.id;
  record.upstream = proxy_url(model->config);

  // Before the lease: what is wrong with a body starts no model, and a long one holds none.
  const auto stay = stay_of(*model, request);
  if (!stay) {
    return stay.error();
  }
  std::optional<SplicedBody> json;
  if (request.json != nullptr) {
    auto changed = body_for(*model, request, chosen);
    if (!changed) {
      return changed.error();
    }
    json.emplace(request.json->bytes.view(), std::move(*changed));
  }

  Result<std::unique_ptr<Lease>> lease = forwarding.models.acquire(model);
  if (!lease) {
    return lease.error();
  }
  record.model_leased = SteadyClock::now();
  if (*stay) {
    forwarding.models.keep_alive(*model, **stay);
  }
  return send(std::move(*lease), request, json ? &*json : request.body);
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
  for (;;) {
    Result<Forwarded> forwarded = forward_to(forwarding, request, *chosen, record);
    // A new config has another in the place of the model that was found, and was waited for.
    if (forwarded || forwarded.error().code != ErrorCode::Superseded) {
      return forwarded;
    }
  }
}

}  // namespace llmsnap::route
