// ProbeRun: questions to a model's server, on an I/O loop, with their result on the control loop.
// Thread rule: the control loop's thread.
#pragma once

#include <functional>
#include <memory>

#include "io/wait.h"
#include "llmsnap/result.h"

namespace llmsnap::io {
class Loop;
}
namespace llmsnap::upstream {
class Pool;
}

namespace llmsnap::process {

class ProbeRun : public std::enable_shared_from_this<ProbeRun> {
 public:
  /// Asks, on a fiber of the I/O loop.
  using Ask = std::function<Result<void>(upstream::Pool&)>;
  using Done = std::function<void(Result<void>)>;

  /// `done` is called once, on `control`; also after cancel, with an error then. Both loops must
  /// run until it was.
  static std::shared_ptr<ProbeRun> start(io::Loop& loop, io::Loop& control, Ask ask, Done done);

  ProbeRun(io::Loop& loop, io::Loop& control, Ask ask, Done done);

  void cancel();

 private:
  void begin();
  void run();
  void tell(Result<void> result);

  io::Loop& loop_;
  io::Loop& control_;
  const Ask ask_;
  const Done done_;                // called on the control loop
  io::Interruption interruption_;  // the I/O loop's
};

}  // namespace llmsnap::process
