// ProbeRun: the probing of one life, on an I/O loop, with its result on the control loop.
// Thread rule: the control loop's thread.
#pragma once

#include <functional>
#include <memory>

#include "io/wait.h"
#include "llmsnap/result.h"
#include "process/prober.h"

namespace llmsnap::io {
class Loop;
}

namespace llmsnap::process {

class ProbeRun : public std::enable_shared_from_this<ProbeRun> {
 public:
  /// `done` is called once, on `control`; also after cancel, with an error then. Both loops must
  /// run until it was.
  static std::shared_ptr<ProbeRun> start(io::Loop& loop, io::Loop& control, ProbePlan plan,
                                         std::function<void(Result<void>)> done);

  ProbeRun(io::Loop& loop, io::Loop& control, ProbePlan plan,
           std::function<void(Result<void>)> done);

  void cancel();

 private:
  void begin();
  void probe();
  void tell(Result<void> result);

  io::Loop& loop_;
  io::Loop& control_;
  const ProbePlan plan_;
  const std::function<void(Result<void>)> done_;  // called on the control loop
  io::Interruption interruption_;                 // the I/O loop's
};

}  // namespace llmsnap::process
