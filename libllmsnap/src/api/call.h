// Call: one request on its way to its handler, with everything a handler may use.
// Thread rule: belongs to the request's fiber; the services are shared by all loops.
#pragma once

#include "api/answer.h"
#include "api/byte_budget.h"
#include "api/route_table.h"
#include "api/spooled_body.h"
#include "api/trusted_proxies.h"
#include "io/blocking_work.h"
#include "llmsnap/config.h"
#include "log/shared_logs.h"
#include "route/forward.h"

namespace llmsnap::api {

struct Services {
  const Config& config;
  const route::Forwarding forwarding;
  SharedLogs& logs;
  const TrustedProxies trusted_proxies;
  const SpoolLimits spool_limits;
  ByteBudget memory;           ///< limits.bodiesInFlight
  ByteBudget files;            ///< limits.spool
  io::BlockingWork disk = {};  ///< behind the budgets: its last jobs give back what they held
};

struct Call {
  Services& services;
  const Route& route;
  Request& request;
};

}  // namespace llmsnap::api
