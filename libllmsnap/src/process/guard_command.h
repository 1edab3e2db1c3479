// What a GroupGuard sends to its helper program, one per packet: who it is, then commands.
// Thread rule: a plain value. Also compiled into the helper, which has no library.
#pragma once

namespace llmsnap::process {

/// The first packet.
struct GuardGreeting {
  static constexpr int MarkerBytes = 80;
  char marker[MarkerBytes];  ///< what the markers of all that its host has started begin with
};

struct GuardCommand {
  enum class What : int { Watch, Forget };
  What what = What::Watch;
  int group = 0;
};

}  // namespace llmsnap::process
