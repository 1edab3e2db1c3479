// RouterAccess: asks the rules of a Router, which its public face only lets users add.
// Thread rule: ask from any I/O thread, several at once, after the last add_rule.
#pragma once

#include "llmsnap/router.h"

namespace llmsnap {

class Log;

class RouterAccess {
 public:
  /// The decision of the first rule with an opinion, or NoOpinion. A rule that throws refuses with
  /// Internal and is logged; one that takes over 5 ms is logged once.
  static RouteDecision decide(const Router& router, const RouteRequest& request,
                              const RouteView& view, Log& log);

  static bool has_rules(const Router& router);
};

}  // namespace llmsnap
