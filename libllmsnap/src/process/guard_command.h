// GuardCommand: what a GroupGuard sends to its helper program, one per packet.
// Thread rule: a plain value. Also compiled into the helper, which has no library.
#pragma once

namespace llmsnap::process {

struct GuardCommand {
  enum class What : int { Watch, Forget };
  What what = What::Watch;
  int group = 0;
};

}  // namespace llmsnap::process
