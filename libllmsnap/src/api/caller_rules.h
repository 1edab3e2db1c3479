// What a caller who has shown a key may ask for.
// Thread rule: pure functions.
#pragma once

#include "api/api_key.h"
#include "api/route_table.h"
#include "llmsnap/result.h"
#include "wire/request_head.h"

namespace llmsnap::api {

struct Call;

/// Forbidden, with the name of the role that the key lacks.
Result<void> check_role(const Caller& caller, Role role);

/// The same for a part of a route that needs more than the route does. Unauthorized, Forbidden.
Result<void> check_caller(const Call& call, Role role);

/// Forbidden where a browser asks to change something and shows no more than what it sends by
/// itself: pages of models' servers share our origin, and must not do what their reader may. What
/// is no browser may use Basic too.
Result<void> check_browser(const Caller& caller, const Route& route, const wire::RequestHead& head);

}  // namespace llmsnap::api
