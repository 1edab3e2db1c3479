// Call: one request on its way to its handler, with everything a handler may use.
// Thread rule: belongs to the request's fiber; the services are shared by all loops.
#pragma once

#include <cstdint>
#include <functional>

#include "api/answer.h"
#include "api/byte_budget.h"
#include "api/config_reload.h"
#include "api/route_table.h"
#include "api/settings.h"
#include "api/spooled_body.h"
#include "io/blocking_work.h"
#include "llmsnap/config.h"
#include "log/shared_logs.h"
#include "route/forward.h"
#include "store/activity_store.h"

namespace llmsnap::api {

struct Services {
  route::Profiles profiles;
  const route::LoopGuard loop_guard;
  const route::Forwarding forwarding;
  SharedLogs& logs;
  ConfigReload& reload;
  const SpoolLimits spool_limits;
  ByteBudget memory;  ///< limits.bodiesInFlight
  ByteBudget files;   ///< limits.spool
  store::ActivityStore& activity;
  /// Whether headers and bodies of the request with that row are kept; any thread that may block.
  std::function<bool(std::uint64_t row)> has_capture = [](std::uint64_t) { return false; };
  io::BlockingWork queries = {};  ///< of the activity: they may take a while
  io::BlockingWork reloads = {};  ///< apart from the disk's: an upload must not wait for a config
  io::BlockingWork disk = {};     ///< behind the budgets: its last jobs give back what they held
};

struct Call {
  Services& services;
  const Settings& settings;  ///< as of when the request came; not for the body of an answer
  const Route& route;
  Request& request;
};

}  // namespace llmsnap::api
