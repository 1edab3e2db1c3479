// Call: one request on its way to its handler, with everything a handler may use.
// Thread rule: belongs to the request's fiber; the services are shared by all loops.
#pragma once

#include <functional>

#include "api/answer.h"
#include "api/byte_budget.h"
#include "api/config_reload.h"
#include "api/route_table.h"
#include "api/settings.h"
#include "api/spooled_body.h"
#include "capture/capture_store.h"
#include "io/blocking_work.h"
#include "live/event_feed.h"
#include "live/in_flight.h"
#include "llmsnap/build_version.h"
#include "llmsnap/config.h"
#include "llmsnap/event_bus.h"
#include "log/shared_logs.h"
#include "machine/machine_watch.h"
#include "metrics/traffic_families.h"
#include "route/forward.h"
#include "store/activity_store.h"

namespace llmsnap::api {

struct Services {
  route::Profiles profiles;
  const route::LoopGuard loop_guard;
  const route::Forwarding forwarding;
  SharedLogs& logs;
  const machine::MachineWatch machine;
  ConfigReload& reload;
  EventBus& bus;
  const BuildVersion build;
  live::InFlight& in_flight;
  live::EventFeed& events;
  capture::CaptureStore& captures;
  store::ActivityStore& activity;
  const metrics::TrafficFamilies& traffic;
  const std::function<void(TrafficRecord&&)> hand_on;  ///< for requests that a handler makes itself
  const SpoolLimits spool_limits;
  ByteBudget memory;  ///< limits.bodiesInFlight
  ByteBudget files;   ///< limits.spool
  const SteadyClock::time_point started = SteadyClock::now();
  io::BlockingWork queries = {};  ///< for what is looked up and unpacked
  io::BlockingWork reloads = {};  ///< apart from the disk's: an upload must not wait for a config
  io::BlockingWork disk = {};     ///< behind the budgets: its last jobs give back what they held
};

struct Call {
  Services& services;
  const Settings& settings;  ///< as of when the request came; not for the body of an answer
  const Route& route;
  Request& request;

  /// What the path has behind that of the route.
  std::string_view rest() const { return route.rest_of(request.head.path); }
};

}  // namespace llmsnap::api
