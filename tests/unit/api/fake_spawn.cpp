// Stands in for process/: no program is started in these tests.
#include "process/child_environment.h"
#include "process/pidfd.h"
#include "process/spawn.h"

namespace llmsnap::process {

Result<Spawned> spawn(const Launch&) {
  return Error{ErrorCode::UpstreamFailed, "nothing is started here"};
}

std::vector<std::string> this_environment() {
  return {};
}

std::vector<std::string> with_additions(std::vector<std::string> base,
                                        const std::vector<std::string>&) {
  return base;
}

Look look_at(const UniqueFd&) {
  return Look::NotOurs;
}

bool await_exit(const UniqueFd&, std::chrono::milliseconds) {
  return true;
}

std::optional<ExitStatus> reap(const UniqueFd&) {
  return std::nullopt;
}

}  // namespace llmsnap::process
