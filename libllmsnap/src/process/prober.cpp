#include "process/prober.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/escape.h"
#include "io/connect.h"
#include "io/fiber.h"
#include "io/wait.h"
#include "process/redirect.h"
#include "upstream/answer_reader.h"
#include "upstream/failure.h"
#include "upstream/pool.h"
#include "upstream/request_writer.h"

namespace llmsnap::process {
namespace {

using std::chrono::milliseconds;

constexpr int MaxRedirects = 3;
/// Of a good answer's body, so that its connection can be used again.
constexpr std::size_t MaxDrainedBytes = 64 * 1024;
constexpr std::size_t MaxQuotedBytes = 200;
/// A server that is ready shall not wait for the rest of its own answer.
constexpr milliseconds PatienceForRest{5};
constexpr milliseconds PatienceForReason{100};

std::string in_words(SteadyClock::duration time) {
  const auto ms = std::chrono::round<milliseconds>(time);
  if (ms < std::chrono::seconds(1)) {
    return fmt::format("{} ms", ms.count());
  }
  const auto tenths = std::chrono::round<std::chrono::duration<long, std::deci>>(ms).count();
  return tenths % 10 == 0 ? fmt::format("{} s", tenths / 10)
                          : fmt::format("{}.{} s", tenths / 10, tenths % 10);
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string_view last_words(io::WaitResult reason) {
  return reason == io::WaitResult::ClientLeft ? "the client left" : "the gateway is shutting down";
}

/// Why a probe did not find the server ready.
struct NotYet {
  std::string seen;
  bool time_was_up = false;
};

/// One request to one target, on a connection of its own: whoever listens now shall answer it, and
/// an idle connection may lead to who listened before.
class Question {
 public:
  Question(upstream::Pool& pool, const Url& server, Deadline deadline)
      : pool_(pool), server_(server), deadline_(deadline), reader_(pool.blocks(), server, {}) {}

  /// Nothing: the head of the answer is there.
  std::optional<NotYet> ask(const std::string& target);

  const wire::ResponseHead& head() const { return reader_.head(); }

  /// At most `limit` bytes of the body, as far as they come in time.
  std::string read_body(std::size_t limit, milliseconds patience);

  void keep_connection();

 private:
  NotYet failed(const Error& error, std::string_view missing) const;

  upstream::Pool& pool_;
  const Url& server_;
  const Deadline deadline_;
  const SteadyClock::time_point begun_ = SteadyClock::now();
  upstream::AnswerReader reader_;
  std::unique_ptr<io::Stream> stream_;
};

std::optional<NotYet> Question::ask(const std::string& target) {
  const std::string host = server_.authority();
  const std::array<wire::Field, 3> fields{
      {{"Host", host}, {"User-Agent", "llmsnapd"}, {"Accept", "*/*"}}};
  const Result<std::string> request =
      upstream::write_request_head({server_, "GET", target, fields, nullptr, {}, {}}, {});
  if (!request) {
    return failed(request.error(), {});
  }
  Result<std::unique_ptr<io::Stream>> connected = io::connect(server_, deadline_);
  if (!connected) {
    return failed(connected.error(), "connection");
  }
  stream_ = std::move(*connected);
  const auto left =
      std::max<SteadyClock::duration>(deadline_ - SteadyClock::now(), milliseconds(1));
  if (const io::IoResult sent = stream_->write_all(*request, left); !sent) {
    return failed(upstream::failure("send a request to", server_, sent), "answer");
  }
  if (const Result<void> answered = reader_.read_head(*stream_, deadline_); !answered) {
    // Where nobody listens on a port that the kernel also gives to clients, we may have met
    // ourselves. An orderly end would hold that port against the server for a minute.
    stream_->abort();
    return failed(answered.error(), "answer");
  }
  return std::nullopt;
}

NotYet Question::failed(const Error& error, std::string_view missing) const {
  if (error.code == ErrorCode::UpstreamTimeout) {
    return {fmt::format("no {} within {}", missing, in_words(deadline_ - begun_)), true};
  }
  return {error.message};
}

std::string Question::read_body(std::size_t limit, milliseconds patience) {
  const Deadline deadline = std::min(deadline_, SteadyClock::now() + patience);
  std::string body;
  while (!reader_.finished() && body.size() < limit) {
    const auto left = deadline - SteadyClock::now();
    if (!reader_.ready() && left <= SteadyClock::duration::zero()) {
      break;
    }
    reader_.receive(*stream_, left);
    const Result<std::string_view> piece = reader_.take();
    if (!piece) {
      break;
    }
    body += piece->substr(0, limit - body.size());
  }
  return body;
}

void Question::keep_connection() {
  if (reader_.finished() && head().keep_alive && reader_.rest().empty() && !stream_->readable() &&
      !stream_->peer_closed()) {
    pool_.give_back(server_, std::move(stream_));
  }
}

std::string describe(Question& question) {
  const std::string body = question.read_body(MaxQuotedBytes + 1, PatienceForReason);
  std::string seen = fmt::format("status {}", question.head().status);
  if (!body.empty()) {
    seen += fmt::format(" with body \"{}\"{}", escaped(body.substr(0, MaxQuotedBytes)),
                        body.size() > MaxQuotedBytes ? "..." : "");
  }
  return seen;
}

/// Nothing: the server is ready.
std::optional<NotYet> probe(upstream::Pool& pool, const Url& server, std::string target,
                            Deadline deadline) {
  for (int redirects = 0;; ++redirects) {
    Question question(pool, server, deadline);
    if (std::optional<NotYet> failed = question.ask(target)) {
      return failed;
    }
    if (question.head().status == 200) {
      question.read_body(MaxDrainedBytes, PatienceForRest);
      question.keep_connection();
      return std::nullopt;
    }
    const wire::Field* location = wire::find_field(question.head().fields, "Location");
    if (!is_redirect(question.head().status) || location == nullptr) {
      return NotYet{describe(question)};
    }
    const auto next = redirect_target(server, target, location->value);
    if (!next || redirects == MaxRedirects) {
      return NotYet{fmt::format("status {} that leads to {}{}", question.head().status,
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

milliseconds step_after(milliseconds elapsed) {
  using std::chrono::seconds;
  if (elapsed < seconds(1)) {
    return milliseconds(10);
  }
  if (elapsed < seconds(5)) {
    return milliseconds(20);
  }
  return elapsed < seconds(30) ? milliseconds(50) : milliseconds(100);
}

Result<void> probe_until_ready(upstream::Pool& pool, const ProbePlan& plan) {
  Url server = plan.url;
  server.base_path.clear();
  const std::string target = plan.url.base_path.empty() ? "/" : plan.url.base_path;
  const std::string name = upstream::server_name(server) + target;
  const SteadyClock::time_point begun = SteadyClock::now();
  io::Wait pause;
  NotYet last{"nothing, the time was up before the first probe"};
  for (;;) {
    const SteadyClock::time_point now = SteadyClock::now();
    if (now >= plan.give_up) {
      return Error{ErrorCode::UpstreamFailed,
                   fmt::format("health check of {} did not succeed within {}; last: {}", name,
                               in_words(plan.give_up - begun), last.seen)};
    }
    const bool cut_short = plan.give_up - now < plan.each;
    std::optional<NotYet> failed =
        probe(pool, server, target, cut_short ? plan.give_up : now + plan.each);
    if (const std::optional<Error> ended = interrupted(name)) {
      return *ended;
    }
    if (!failed) {
      return {};
    }
    // What a probe did not hear because it began late says less than the one before it.
    if (!cut_short || !failed->time_was_up || now == begun) {
      last = std::move(*failed);
    }
    const SteadyClock::time_point end = SteadyClock::now();
    const auto elapsed = std::chrono::duration_cast<milliseconds>(end - begun);
    pause.until(std::min(plan.give_up, end + std::max(plan.first_step, step_after(elapsed))));
    if (const std::optional<Error> ended = interrupted(name)) {
      return *ended;
    }
  }
}

}  // namespace llmsnap::process
