#include "process/prober.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/escape.h"
#include "io/fiber.h"
#include "io/wait.h"
#include "process/question.h"
#include "process/redirect.h"
#include "upstream/failure.h"
#include "upstream/pool.h"

namespace llmsnap::process {
namespace {

using std::chrono::milliseconds;

constexpr int MaxRedirects = 3;
/// Of a good answer's body, so that its connection can be used again.
constexpr std::size_t MaxDrainedBytes = 64 * 1024;
/// A server that is ready shall not wait for the rest of its own answer.
constexpr milliseconds PatienceForRest{5};

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string_view last_words(io::WaitResult reason) {
  return reason == io::WaitResult::ClientLeft ? "the client left" : "the gateway is shutting down";
}

/// Nothing: the server is ready.
std::optional<Unanswered> probe(upstream::Pool& pool, const Server& server, std::string target,
                                Deadline deadline) {
  for (int redirects = 0;; ++redirects) {
    Question question(pool, server, deadline);
    if (std::optional<Unanswered> failed = question.ask({.target = target})) {
      return failed;
    }
    if (question.head().status == 200) {
      question.read_body(MaxDrainedBytes, PatienceForRest);
      question.keep_connection();
      return std::nullopt;
    }
    const wire::Field* location = wire::find_field(question.head().fields, "Location");
    if (!is_redirect(question.head().status) || location == nullptr) {
      return Unanswered{question.describe_answer()};
    }
    const auto next = redirect_target(server.url, target, location->value);
    if (!next || redirects == MaxRedirects) {
      return Unanswered{fmt::format("status {} that leads to {}{}", question.head().status,
                                    escaped(location->value.substr(0, MaxQuotedBytes)),
                                    next ? ", after too many redirects" : "")};
    }
    target = *next;
  }
}

std::optional<Error> interrupted(const std::string& name) {
  const io::Interruption* interruption = io::Fiber::current()->interruption();
  if (interruption == nullptr || !interruption->raised()) {
    return std::nullopt;
  }
  const bool left = interruption->reason() == io::WaitResult::ClientLeft;
  return Error{left ? ErrorCode::ClientLeft : ErrorCode::ShuttingDown,
               fmt::format("health check of {}: {}", name, last_words(interruption->reason()))};
}

}  // namespace

milliseconds step_after(milliseconds elapsed, Seen seen) {
  using std::chrono::seconds;
  const bool nobody = seen == Seen::NobodyListens;
  if (elapsed < seconds(1)) {
    return milliseconds(nobody ? 2 : 5);
  }
  if (elapsed < seconds(5)) {
    return milliseconds(nobody ? 5 : 20);
  }
  if (elapsed < seconds(30)) {
    return milliseconds(nobody ? 10 : 50);
  }
  return milliseconds(nobody ? 20 : 100);
}

Result<void> probe_until_ready(upstream::Pool& pool, const ProbePlan& plan) {
  Server server = plan.server;
  const std::string path = std::exchange(server.url.base_path, {});
  const std::string target = path.empty() ? "/" : path;
  const std::string name = upstream::server_name(server.url) + target;
  const SteadyClock::time_point begun = SteadyClock::now();
  io::Wait pause;
  Unanswered last{"nothing, the time was up before the first probe"};
  for (;;) {
    const SteadyClock::time_point now = SteadyClock::now();
    if (now >= plan.give_up) {
      return Error{ErrorCode::UpstreamFailed,
                   fmt::format("health check of {} did not succeed within {}; last: {}", name,
                               in_words(plan.give_up - begun), last.seen)};
    }
    const bool cut_short = plan.give_up - now < plan.each;
    std::optional<Unanswered> failed =
        probe(pool, server, target, cut_short ? plan.give_up : now + plan.each);
    if (const std::optional<Error> ended = interrupted(name)) {
      return *ended;
    }
    if (!failed) {
      return {};
    }
    // What a probe did not hear because it began late says less than the one before it.
    const Seen seen = failed->nobody_listens ? Seen::NobodyListens : Seen::NotReady;
    if (!cut_short || !failed->time_was_up || now == begun) {
      last = std::move(*failed);
    }
    const SteadyClock::time_point end = SteadyClock::now();
    const auto elapsed = std::chrono::duration_cast<milliseconds>(end - begun);
    pause.until(
        std::min(plan.give_up, end + std::max(plan.shortest_step, step_after(elapsed, seen))));
    if (const std::optional<Error> ended = interrupted(name)) {
      return *ended;
    }
  }
}

}  // namespace llmsnap::process
