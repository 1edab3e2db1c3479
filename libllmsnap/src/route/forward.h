// forward: one request to the model it names: rules, profile, selector, then lease, body, headers,
// open; and to another target where one refuses.
// Thread rule: called on a fiber, which it suspends; Forwarding's members are shared by all loops.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/body_source.h"
#include "base/clock.h"
#include "llmsnap/result.h"
#include "llmsnap/router.h"
#include "llmsnap/traffic_record.h"
#include "route/form_scan.h"
#include "route/header_rules.h"
#include "route/json_scan.h"
#include "route/loop_guard.h"
#include "route/model_service.h"
#include "route/profiles.h"
#include "route/target_book.h"
#include "route/usage_asking.h"
#include "route/waiter.h"
#include "upstream/exchange.h"
#include "wire/request_head.h"

namespace llmsnap {
class Log;
}

namespace llmsnap::route {

/// What every request is forwarded with; outlives all of them.
struct Forwarding {
  const Router& router;
  ModelService& models;
  Profiles& profiles;
  const LoopGuard& loop_guard;
  Log& log;
};

/// A JSON body in memory, and what the scan found in it; its model may be renamed on the way.
struct JsonBody {
  const PaddedBytes& bytes;
  const BodyFacts& facts;
};

/// A form that was read and can be read again, and what the scan found in it; its model may be
/// renamed on the way.
struct FormBody {
  BodySource& body;
  const FormFacts& facts;
};

struct ForwardRequest {
  const wire::RequestHead& head;
  ClientConnection client = {};
  std::string_view key_name = {};  ///< for rules
  std::string_view request_id = {};
  std::string_view model;   ///< as the client named it
  std::string_view target;  ///< what the model's server gets to see: path and query
  Source source = Source::Local;
  bool streaming = false;
  bool counts_tokens = false;  ///< a stream may be made to tell them, in an event that is taken out

  const JsonBody* json = nullptr;  ///< the body; or
  const FormBody* form = nullptr;  ///< the body; or
  BodySource* body = nullptr;      ///< any other body, sent as it is; all null: no body
  /// Where the query names the model, which may be renamed on the way; absent: it does not.
  std::optional<ByteRange> query_model = {};

  /// Told of each model that the request goes to, before it is waited for; may be none.
  std::function<void(const TrafficRecord& record)> on_choice = {};
  Waiter* waiter = nullptr;  ///< told while the model is waited for; null: nobody is
  /// Why the request starts no model: one that is not ready refuses it. Empty: it does.
  std::string_view cannot_start = {};
  std::string_view upgrade = {};  ///< protocol to switch to where the front can tunnel; else empty
  upstream::Pool& pool;           ///< of this loop
  /// What it waits counts from here, also if it waits for one model after another. Later by what it
  /// was in work in between.
  SteadyClock::time_point began = SteadyClock::now();
};

/// An answer that has begun; the request's body is done with. Keep it until its last byte was
/// pulled: dropping it gives the lease back and closes the upstream connection unless the answer
/// was read to its end.
struct Forwarded {
  Reservation reservation = {};  ///< at a selector's target
  std::unique_ptr<Lease> lease;
  std::unique_ptr<upstream::Exchange> exchange;
  Cookies cookies = Cookies::Removed;  ///< for fields_to_client
  std::string_view target = {};        ///< of the request
  UsageWish usage = UsageWish::AsSent;
};

/// What an error of its exchange comes to for the holder of a lease: it names the model that is to
/// blame; where that was told to stop it is Unavailable, for that reason.
Error explained(const Error& error, const Lease& lease);

/// Errors: NotFound (no such model), Conflict (not ready, and it does not start for this),
/// Forbidden (a passthrough to where only the gateway may put a model to sleep or wake it),
/// LoopDetected, what a rule refused with, what acquire and Exchange::open give; where a name
/// stands for several models, those of the last that was tried. Fills requested_model, selector,
/// model, upstream, peer, endpoint, source, streamed, lease_asked and model_leased of `record`, as
/// far as it got.
Result<Forwarded> forward(const Forwarding& forwarding, const ForwardRequest& request,
                          TrafficRecord& record);

}  // namespace llmsnap::route
