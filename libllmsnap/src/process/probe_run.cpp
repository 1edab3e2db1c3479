#include "process/probe_run.h"

#include <utility>

#include "io/fiber.h"
#include "io/loop.h"
#include "upstream/pool.h"

namespace llmsnap::process {

std::shared_ptr<ProbeRun> ProbeRun::start(io::Loop& loop, io::Loop& control, Ask ask, Done done) {
  auto run = std::make_shared<ProbeRun>(loop, control, std::move(ask), std::move(done));
  loop.post([run] { run->begin(); });
  return run;
}

ProbeRun::ProbeRun(io::Loop& loop, io::Loop& control, Ask ask, Done done)
    : loop_(loop), control_(control), ask_(std::move(ask)), done_(std::move(done)) {}

void ProbeRun::begin() {
  if (!loop_.spawn([run = shared_from_this()] { run->run(); })) {
    tell(Error{ErrorCode::Unavailable, "no memory for the stack of a health check is left"});
  }
}

void ProbeRun::run() {
  upstream::Pool pool;
  io::Fiber::current()->watch(&interruption_);
  Result<void> result = ask_(pool);
  io::Fiber::current()->watch(nullptr);
  tell(std::move(result));
}

void ProbeRun::tell(Result<void> result) {
  control_.post([run = shared_from_this(), result = std::move(result)] { run->done_(result); });
}

void ProbeRun::cancel() {
  loop_.post([run = shared_from_this()] { run->interruption_.raise(io::WaitResult::Shutdown); });
}

}  // namespace llmsnap::process
