#include "route/forward.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/escape.h"
#include "log/log.h"
#include "peer/peer.h"
#include "route/control_paths.h"
#include "route/custom_rules.h"
#include "route/outgoing_body.h"
#include "route/refusal.h"
#include "route/selection.h"
#include "route/stay_request.h"
#include "route/usage_option.h"
#include "upstream/failing_status.h"
#include "upstream/failure.h"

namespace llmsnap::route {
namespace {

Result<std::optional<schedule::KeepAlive>> stay_of(const Model& model,
                                                   const ForwardRequest& request) {
  if (!model.instance || request.json == nullptr) {
    return std::optional<schedule::KeepAlive>();
  }
  return requested_stay(request.json->bytes.view(), request.json->facts);
}

Result<void> refuse_loop(const Forwarding& forwarding, const ForwardRequest& request,
                         const Model& model) {
  if (model.instance || !forwarding.loop_guard.is_loop(request.head)) {
    return {};
  }
  return Error{ErrorCode::LoopDetected,
               fmt::format("the request came back here by way of other gateways, and {} would send "
                           "it round again: see which of their peers offers a model of that name",
                           escaped(model.config.id))};
}

// A record waits in a queue and is remembered.
constexpr std::size_t RecordedTarget = 2048;

/// A child of ours sends nothing on.
constexpr std::string_view ViaToOurs = "1.1 llmsnapd";

/// What puts a model to sleep or wakes it is the gateway's to do, which would not know of it.
Result<void> refuse_control(const ForwardRequest& request, const Model& model) {
  if (!model.instance || !is_control_path(model.config, request.target)) {
    return {};
  }
  const std::string name = escaped(model.config.id);
  return Error{ErrorCode::Forbidden,
               fmt::format("this path of {0}'s server is not for clients: it is put to sleep with "
                           "POST /api/models/sleep/{0} and woken by a request for it, or with POST "
                           "/api/models/wake/{0}",
                           name)};
}

/// By the name that our log has for it, which is the client's where that can be used.
void name_request(std::string_view id, wire::Fields& fields) {
  if (id.empty()) {
    return;
  }
  const auto names_it = [](const wire::Field& field) {
    return wire::same_name(field.name, "X-Request-Id");
  };
  const auto named = std::find_if(fields.begin(), fields.end(), names_it);
  if (named != fields.end() && named->value == id) {
    return;
  }
  std::erase_if(fields, names_it);
  fields.push_back({"X-Request-Id", id});
}

OutgoingFields fields_for(const Forwarding& forwarding, const ForwardRequest& request,
                          const Model& model, Cookies cookies, std::string_view host) {
  const std::string_view via = model.instance ? ViaToOurs : forwarding.loop_guard.via();
  OutgoingFields out = model.peer
                           ? fields_to_peer(request.head, cookies, host, model.peer->key(), via)
                           : fields_to_model(request.head, request.client, cookies, host, via);
  if (!model.peer) {
    model.key.add_to(out.fields);
  }
  name_request(request.request_id, out.fields);
  return out;
}

/// How a request went that began then.
void note_at_peer(const Forwarding& forwarding, const Model& model, SteadyClock::time_point began,
                  const Result<std::unique_ptr<upstream::Exchange>>& exchange) {
  if (model.peer == nullptr) {
    return;
  }
  const std::string peer = escaped(model.peer->config().id);
  const auto now = SteadyClock::now();
  if (exchange) {
    if (!peer::may_be_gone((*exchange)->head().status) && model.peer->answered(now)) {
      forwarding.log.info(fmt::format("peer {}: it answers again", peer));
    }
  } else if (upstream::blames_server(exchange.error().code) && model.peer->failed(began, now)) {
    forwarding.log.warn(fmt::format("peer {}: {}", peer, exchange.error().message));
  }
}

/// An upgrade that the model's `compat.ignoreWebsockets` is about.
bool is_ignored_socket(const ForwardRequest& request, const Model& model) {
  return model.config.ignore_websockets && !request.upgrade.empty();
}

Error not_loaded(const ForwardRequest& request, const Model& model) {
  return {ErrorCode::Conflict, fmt::format("model {} is not loaded; {}", escaped(model.config.id),
                                           is_ignored_socket(request, model)
                                               ? "ignored websocket requests cannot start it"
                                               : request.cannot_start)};
}

Result<std::unique_ptr<Lease>> lease_of(const Forwarding& forwarding, const ForwardRequest& request,
                                        const std::shared_ptr<const Model>& model) {
  const bool counts = !is_ignored_socket(request, *model);
  if (counts && request.cannot_start.empty()) {
    return forwarding.models.acquire(model, request.began, request.waiter);
  }
  Result<std::unique_ptr<Lease>> lease =
      forwarding.models.acquire_ready(model, counts ? Counting::Counted : Counting::Uncounted);
  if (lease && *lease == nullptr) {
    return not_loaded(request, *model);
  }
  return lease;
}

/// What cannot be coded: the rest of what the client reads as it is, and that out of which we take.
void want_plain_answer(wire::Fields& fields) {
  for (wire::Field& field : fields) {
    if (wire::same_name(field.name, "Accept-Encoding")) {
      field.value = "identity";
    }
  }
}

Result<Forwarded> send(const Forwarding& forwarding, std::unique_ptr<Lease> lease,
                       const ForwardRequest& request, OutgoingBody& body, UsageWish usage) {
  const Cookies cookies = request.source == Source::Passthrough ? Cookies::Kept : Cookies::Removed;
  const Url& url = lease->url();
  const std::string host = url.authority();
  OutgoingFields outgoing = fields_for(forwarding, request, lease->model(), cookies, host);
  if (request.waiter != nullptr && request.waiter->has_begun()) {
    // What the client has read so far is not encoded: the rest cannot be.
    std::erase_if(outgoing.fields, [](const wire::Field& field) {
      return wire::same_name(field.name, "Accept-Encoding");
    });
  }
  if (usage == UsageWish::Added) {
    want_plain_answer(outgoing.fields);
  }

  const peer::Peer* peer = lease->model().peer.get();
  const auto began = SteadyClock::now();
  Result<std::unique_ptr<upstream::Exchange>> exchange = upstream::Exchange::open(
      request.pool, {.url = url,
                     .method = request.head.method,
                     .target = body.target(),
                     .fields = outgoing.fields,
                     .body = body.source(),
                     .timeouts = lease->model().config.timeouts,
                     .upgrade = request.upgrade,
                     .proxy = peer == nullptr ? nullptr : peer->forward_proxy()});
  if ((exchange || upstream::blames_server(exchange.error().code)) && !lease->holds()) {
    return not_loaded(request, lease->model());
  }
  note_at_peer(forwarding, lease->model(), began, exchange);
  if (!exchange) {
    const Error error = explained(exchange.error(), *lease);
    if (upstream::blames_server(error.code)) {
      lease->answered(Answered::Badly, request.target);
    }
    return error;
  }
  return Forwarded{{}, std::move(lease), std::move(*exchange), cookies, request.target, usage};
}

UsageWish wish_of(const ForwardRequest& request, const Model& model, std::string_view name) {
  if (!request.counts_tokens || request.json == nullptr) {
    return UsageWish::AsSent;
  }
  return usage_wish(request.json->bytes, request.json->facts, request.target, model.config, name,
                    *model.usage_asking);
}

/// The answer to a request that asks for usage; where that is refused, the one to what the client
/// has sent.
Result<Forwarded> send_asking(const Forwarding& forwarding, std::unique_ptr<Lease> lease,
                              const ForwardRequest& request, OutgoingBody& body,
                              const std::string& name) {
  const Model& model = lease->model();
  UsageAsking& asking = *model.usage_asking;
  Result<Forwarded> asked = send(forwarding, std::move(lease), request, body, UsageWish::Added);
  if (!asked) {
    return asked;
  }
  const wire::ResponseHead& head = asked->exchange->head();
  if (!asking.is_refusal(head)) {
    asking.answered(head);
    return asked;
  }
  const UsageAsking::Refusal refusal = UsageAsking::refusal_in(head);
  OutgoingBody as_sent;
  if (auto prepared = as_sent.prepare(model, request, name, UsageWish::NotAsked); !prepared) {
    return prepared.error();
  }
  asked->exchange.reset();  // a server that has one place only is still at it else
  Result<Forwarded> again =
      send(forwarding, std::move(asked->lease), request, as_sent, UsageWish::NotAsked);
  if (again) {
    asking.answered_again(refusal, again->exchange->head());
  }
  return again;
}

/// `name`: the one that the request goes on under.
Result<Forwarded> forward_to(const Forwarding& forwarding, const ForwardRequest& request,
                             const std::shared_ptr<const Model>& model, const std::string& name,
                             TrafficRecord& record) {
  record.model = model->config.id;
  record.upstream = proxy_url(model->config);
  record.peer = model->peer ? model->peer->config().id : std::string();
  record.model_leased = {};
  if (request.on_choice) {
    request.on_choice(record);
  }

  if (auto allowed = refuse_loop(forwarding, request, *model); !allowed) {
    return allowed.error();
  }
  if (auto allowed = refuse_control(request, *model); !allowed) {
    return allowed.error();
  }
  // Before the lease: what is wrong with a body starts no model, and a long one holds none.
  const auto stay = stay_of(*model, request);
  if (!stay) {
    return stay.error();
  }
  const UsageWish usage = wish_of(request, *model, name);
  OutgoingBody body;
  if (auto prepared = body.prepare(*model, request, name, usage); !prepared) {
    return prepared.error();
  }

  if (record.lease_asked == TrafficRecord::Clock::time_point{}) {
    record.lease_asked = SteadyClock::now();
  }
  Result<std::unique_ptr<Lease>> lease = lease_of(forwarding, request, model);
  if (!lease) {
    return lease.error();
  }
  record.model_leased = SteadyClock::now();
  if (*stay) {
    forwarding.models.keep_alive(*model, **stay);
  }
  if (usage == UsageWish::Added) {
    return send_asking(forwarding, std::move(*lease), request, body, name);
  }
  return send(forwarding, std::move(*lease), request, body, usage);
}

/// Why another target should be asked. Absent: the request is answered, or nobody could.
std::optional<Refusal> refusal_in(const Result<Forwarded>& forwarded) {
  if (!forwarded) {
    return refusal_of(forwarded.error());
  }
  const wire::ResponseHead& head = forwarded->exchange->head();
  return refusal_of(head.status, head.fields);
}

Result<Forwarded> forward_to_one_of(const Forwarding& forwarding, const ForwardRequest& request,
                                    const Selection& selection, TrafficRecord& record) {
  record.selector = selection.config.id;
  Attempts attempts(selection, forwarding.models);
  const Target* target = attempts.next(SteadyClock::now());
  if (target == nullptr) {
    return Error{ErrorCode::Unavailable,
                 fmt::format("selector \"{}\" has no available spillover targets: all of them are "
                             "stopping",
                             escaped(selection.name))};
  }
  ForwardRequest waiting = request;
  for (;;) {
    Result<Forwarded> forwarded =
        forward_to(forwarding, waiting, target->model, target->name, record);
    const std::optional<Refusal> refusal = refusal_in(forwarded);
    if (!refusal) {
      if (forwarded) {
        attempts.served();
        Reservation place = attempts.take_reservation();
        if (!is_ignored_socket(request, *target->model)) {
          forwarded->reservation = std::move(place);
        }
      }
      return forwarded;
    }
    const auto now = SteadyClock::now();
    attempts.refused(*refusal, now);
    const std::string refused = escaped(target->model->config.id);
    Reservation place = attempts.take_reservation();
    target = attempts.next(now);
    if (target == nullptr) {
      if (forwarded) {
        forwarded->reservation = std::move(place);
      }
      return forwarded;
    }
    if (record.model_leased != TrafficRecord::Clock::time_point{}) {
      waiting.began += SteadyClock::now() - record.model_leased;
    }
    if (forwarded && upstream::counts_as_failure(forwarded->exchange->head().status)) {
      forwarded->lease->answered(Answered::Badly, request.target);
    }
    forwarding.log.info(fmt::format("{}: {} refused ({}), {} is asked next",
                                    escaped(selection.name), refused, refusal->why,
                                    escaped(target->model->config.id)));
  }
}

/// Where a request that was routed by this name goes. What is under /upstream has a model's own
/// name in its path.
Result<Forwarded> forward_by_name(const Forwarding& forwarding, const ForwardRequest& request,
                                  const std::string& name, TrafficRecord& record) {
  const auto selection =
      request.source == Source::Passthrough ? nullptr : forwarding.models.selection(name);
  if (selection) {
    return forward_to_one_of(forwarding, request, *selection, record);
  }
  const std::shared_ptr<const Model> model = forwarding.models.find(name);
  if (model == nullptr) {
    return Error{ErrorCode::NotFound, fmt::format("no model is named \"{}\"", escaped(name))};
  }
  return forward_to(forwarding, request, model, name, record);
}

/// The name after rules and profile. Under /upstream the profile was asked when the path was read.
Result<std::string> name_for(const Forwarding& forwarding, const ForwardRequest& request) {
  Result<std::string> chosen = choose_model(forwarding, request);
  if (!chosen || request.source == Source::Passthrough) {
    return chosen;
  }
  std::optional<std::string> pinned = forwarding.profiles.target_of(*chosen);
  if (!pinned) {
    return chosen;
  }
  if (pinned->empty()) {
    return Error{ErrorCode::NotFound,
                 fmt::format("the active profile disables \"{}\"", escaped(*chosen))};
  }
  return std::move(*pinned);
}

}  // namespace

Error explained(const Error& error, const Lease& lease) {
  if (!upstream::blames_server(error.code)) {
    return error;
  }
  const std::string id = escaped(lease.model().config.id);
  if (const std::optional<std::string> why = lease.told_to_stop()) {
    return {ErrorCode::Unavailable,
            fmt::format("{} was stopped while it was at the request: {}", id, *why)};
  }
  Error named = error;
  named.message = fmt::format("{}: {}", id, error.message);
  return named;
}

Result<Forwarded> forward(const Forwarding& forwarding, const ForwardRequest& request,
                          TrafficRecord& record) {
  record.source = request.source;
  record.requested_model = request.model;
  record.streamed = request.streaming;
  record.endpoint = request.target.substr(0, std::min(request.target.find('?'), RecordedTarget));

  const Result<std::string> name = name_for(forwarding, request);
  if (!name) {
    return name.error();
  }
  for (;;) {
    Result<Forwarded> forwarded = forward_by_name(forwarding, request, *name, record);
    // A new config has another in the place of the model that was found, and was waited for.
    if (forwarded || forwarded.error().code != ErrorCode::Superseded) {
      return forwarded;
    }
  }
}

}  // namespace llmsnap::route
