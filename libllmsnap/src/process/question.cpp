#include "process/question.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "io/connect.h"
#include "upstream/failure.h"
#include "upstream/request_writer.h"

namespace llmsnap::process {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds PatienceForReason{100};

upstream::RequestFraming framing_of(const Asked& asked) {
  if (asked.json.empty()) {
    return {};
  }
  return {wire::Framing::Length, asked.json.size()};
}

}  // namespace

std::string in_words(SteadyClock::duration time) {
  const auto ms = std::chrono::round<milliseconds>(time);
  if (ms < std::chrono::seconds(1)) {
    return fmt::format("{} ms", ms.count());
  }
  const auto tenths = std::chrono::round<std::chrono::duration<long, std::deci>>(ms).count();
  return tenths % 10 == 0 ? fmt::format("{} s", tenths / 10)
                          : fmt::format("{}.{} s", tenths / 10, tenths % 10);
}

std::optional<Unanswered> Question::ask(const Asked& asked) {
  const std::string host = server_.url.authority();
  wire::Fields fields{{"Host", host}, {"User-Agent", "llmsnapd"}, {"Accept", "*/*"}};
  if (!asked.json.empty()) {
    fields.push_back({"Content-Type", "application/json"});
  }
  server_.key.add_to(fields);
  Result<std::string> request = upstream::write_request_head(
      {server_.url, asked.method, asked.target, fields, nullptr, {}, {}}, framing_of(asked));
  if (!request) {
    return failed(request.error(), {});
  }
  request->append(asked.json);
  Result<std::unique_ptr<io::Stream>> connected = io::connect(server_.url, {.deadline = deadline_});
  if (!connected) {
    Unanswered unanswered = failed(connected.error(), "connection");
    unanswered.nobody_listens = !unanswered.time_was_up;
    return unanswered;
  }
  stream_ = std::move(*connected);
  const auto left =
      std::max<SteadyClock::duration>(deadline_ - SteadyClock::now(), milliseconds(1));
  if (const io::IoResult sent = stream_->write_all(*request, left); !sent) {
    return failed(upstream::failure("send a request to", server_.url, sent), "answer");
  }
  if (const Result<void> answered = reader_.read_head(*stream_, deadline_); !answered) {
    // Where nobody listens on a port that the kernel also gives to clients, we may have met
    // ourselves. An orderly end would hold that port against the server for a minute.
    stream_->abort();
    return failed(answered.error(), "answer");
  }
  return std::nullopt;
}

Unanswered Question::failed(const Error& error, std::string_view missing) const {
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
    pool_.give_back(server_.url, std::move(stream_));
  }
}

std::string Question::describe_answer() {
  const std::string body = read_body(MaxQuotedBytes + 1, PatienceForReason);
  std::string seen = fmt::format("status {}", head().status);
  if (!body.empty()) {
    seen += fmt::format(" with body \"{}\"{}", escaped(body.substr(0, MaxQuotedBytes)),
                        body.size() > MaxQuotedBytes ? "..." : "");
  }
  return seen;
}

}  // namespace llmsnap::process
