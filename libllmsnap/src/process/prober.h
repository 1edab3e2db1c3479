// Prober: waits until a freshly started server answers its health check.
// Thread rule: called on a fiber of the pool's loop, which it suspends between the probes.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "llmsnap/result.h"
#include "process/server.h"

namespace llmsnap::upstream {
class Pool;
}

namespace llmsnap::process {

struct ProbePlan {
  Server server;                         ///< base_path of its url is the target that is asked for
  std::chrono::milliseconds each{2000};  ///< limit of one probe: connection and answer together
  Deadline give_up = NoDeadline;
  std::chrono::milliseconds shortest_step{0};  ///< pause between two probes
};

/// What a probe came upon: no listener, or a server that is not ready and is kept from its load.
enum class Seen { NobodyListens, NotReady };

/// The pause after a probe that failed `elapsed` after the first one began: 2 and 5 ms at first,
/// never more than 20 and 100 ms.
std::chrono::milliseconds step_after(std::chrono::milliseconds elapsed, Seen seen);

/// Probes at once, then again and again, one at a time. Ready is status 200, also behind at most
/// three redirects on the same server; everything else is "not yet". Errors: UpstreamFailed at
/// `give_up`, with what was seen last; ClientLeft or ShuttingDown as soon as the fiber is
/// interrupted. A connection that can be used again goes to the pool, under the server's URL
/// without a path.
Result<void> probe_until_ready(upstream::Pool& pool, const ProbePlan& plan);

}  // namespace llmsnap::process
