// LoopGuard: by what a gateway knows a request that comes back to it by way of its peers.
// Thread rule: immutable; any thread.
#pragma once

#include <string>
#include <string_view>

#include "wire/request_head.h"

namespace llmsnap::route {

/// The entry that every request gets which leaves for a server that may be a gateway itself: Via
/// with a mark, different in each process, as its comment.
class LoopGuard {
 public:
  LoopGuard();

  /// `1.1 llmsnapd (<mark>)`
  std::string_view via() const { return via_; }

  /// It has passed this gateway; or so many others that it must go round, if somebody on the way
  /// takes comments out.
  bool is_loop(const wire::RequestHead& head) const;

 private:
  std::string via_;
};

}  // namespace llmsnap::route
