// LastStop: why the latest life of an instance that was told to stop was told so; for those whose
// requests broke by it. Thread rule: written by the control thread; read from any thread.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "schedule/state.h"

namespace llmsnap::schedule {

class LastStop {
 public:
  void was_told(Incarnation life, std::string why) {
    const MutexLock lock(mutex_);
    life_ = life;
    why_ = std::move(why);
  }

  /// Nothing if that life was not told, as far as is known.
  std::optional<std::string> why(Incarnation life) const {
    const MutexLock lock(mutex_);
    return life == life_ ? std::optional(why_) : std::nullopt;
  }

 private:
  mutable Mutex mutex_;
  std::optional<Incarnation> life_ GUARDED_BY(mutex_);
  std::string why_ GUARDED_BY(mutex_);
};

}  // namespace llmsnap::schedule
