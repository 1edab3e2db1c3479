// Sleeper: has a model's server give its memory back, and take it again, by requests of ours.
// Thread rule: called on a fiber of the pool's loop, which it suspends.
#pragma once

#include <vector>

#include "base/clock.h"
#include "llmsnap/model_config.h"
#include "llmsnap/result.h"
#include "process/server.h"

namespace llmsnap::upstream {
class Pool;
}

namespace llmsnap::process {

/// Sends the steps one after the other; each must be answered with 2xx within its time. Errors:
/// UpstreamFailed, which step and why; ShuttingDown where the fiber was interrupted.
Result<void> take_steps(upstream::Pool& pool, const Server& server,
                        const std::vector<SleepStep>& steps);

/// Asks the server whether it sleeps, by `/is_sleeping` or else by `/props`, until it says so. One
/// that is not to be asked is believed: 401, 403, 404, 405, 501, or an answer without it. Errors:
/// UpstreamFailed, the question failed, or it still says otherwise at the deadline; ShuttingDown.
Result<void> see_that_it_sleeps(upstream::Pool& pool, const Server& server, Deadline deadline);

/// The same for a server that is to be awake; but one whose question fails may be busy with its
/// wake, and is asked again until the deadline.
Result<void> see_that_it_is_awake(upstream::Pool& pool, const Server& server, Deadline deadline);

}  // namespace llmsnap::process
