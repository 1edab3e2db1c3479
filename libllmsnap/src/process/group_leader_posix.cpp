#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "process/group_guard.h"
#include "process/group_leader.h"
#include "process/pidfd.h"
#include "process/program_path.h"

namespace llmsnap::process {
namespace {

constexpr auto KillPatience = std::chrono::milliseconds(500);

}  // namespace

Result<std::unique_ptr<GroupLeader>> GroupLeader::start(
    io::Poller& poller, GroupGuard& guard, const Launch& launch,
    const std::function<void(UniqueFd)>& on_output, std::function<void()> on_exit) {
  Result<Spawned> spawned = spawn(launch);
  if (!spawned) {
    return spawned.error();
  }
  guard.watch(spawned->pid);
  UniqueFd output = std::move(spawned->output);
  std::unique_ptr<GroupLeader> leader(
      new GroupLeader(poller, guard, std::move(*spawned), std::move(on_exit)));
  if (!poller.add(leader->pidfd().get(), *leader)) {
    leader->watched_ = false;
    return Error{ErrorCode::UpstreamFailed, fmt::format("cannot watch the process of \"{}\": {}",
                                                        launch.argv.front(), in_words(errno))};
  }
  if (on_output) {
    on_output(std::move(output));
  }
  return leader;
}

GroupLeader::GroupLeader(io::Poller& poller, GroupGuard& guard, Spawned process,
                         std::function<void()> on_exit)
    : poller_(poller), guard_(guard), process_(std::move(process)), on_exit_(std::move(on_exit)) {}

GroupLeader::~GroupLeader() {
  stop_watching();
  if (!buried_) {
    signal(SIGKILL);
    await_exit(pidfd(), KillPatience);
    bury();
  }
}

void GroupLeader::signal(int signal) {
  // Not reaped yet, so the number is still that of our group. A leader that went to another group
  // is signalled alone.
  if (::kill(-pid(), signal) != 0) {
    send_signal(pidfd(), signal);
  }
}

void GroupLeader::on_ready(io::Readiness) {
  if (look_at(pidfd()) == Look::Running) {
    return;
  }
  stop_watching();
  const auto on_exit = std::move(on_exit_);
  on_exit();
}

ExitStatus GroupLeader::bury() {
  buried_ = true;
  // Where the application has reaped it, the number may be another's by now.
  if (look_at(pidfd()) != Look::NotOurs) {
    ::kill(-pid(), SIGKILL);
  }
  guard_.forget(pid());
  constexpr int Unknown = -1;
  return reap(pidfd()).value_or(ExitStatus{ExitStatus::How::Exited, Unknown});
}

void GroupLeader::stop_watching() {
  if (std::exchange(watched_, false)) {
    poller_.remove(pidfd().get(), *this);
  }
}

}  // namespace llmsnap::process
