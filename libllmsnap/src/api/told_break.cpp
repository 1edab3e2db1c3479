#include "api/told_break.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "api/error_reply.h"
#include "api/text_body.h"
#include "base/ascii.h"

namespace llmsnap::api {
namespace {

/// Whether what has passed ended with an event: what is added to a half one would be read as its
/// rest.
class EventEnd {
 public:
  void pass(std::string_view piece) {
    for (const char c : piece.substr(piece.size() - std::min(piece.size(), last_.size()))) {
      last_ = {last_[1], last_[2], last_[3], c};
    }
    passed_ = passed_ || !piece.empty();
  }

  bool passed_any() const { return passed_; }
  bool is_here() const {
    const std::string_view last(last_.data(), last_.size());
    return last.ends_with("\n\n") || last.ends_with("\r\n\r\n") || last.ends_with("\r\r");
  }

 private:
  std::array<char, 4> last_{};
  bool passed_ = false;
};

class TellingBody final : public BodySource {
 public:
  TellingBody(std::unique_ptr<BodySource> stream, StreamDialect dialect, const Request& request)
      : stream_(std::move(stream)), dialect_(dialect), request_(request) {}

  Result<std::string_view> pull() override {
    if (broken_) {
      return *broken_;
    }
    Result<std::string_view> piece = stream_->pull();
    if (piece) {
      end_.pass(*piece);
      return piece;
    }
    // Before its first byte the front has better ways to tell.
    if (piece.error().code == ErrorCode::ClientLeft || !end_.passed_any() || !end_.is_here()) {
      return piece;
    }
    broken_ = piece.error();
    told_ = failure_events(dialect_, error_json(*broken_, request_.head.path, request_.record.id));
    return std::string_view(told_);
  }

  bool ready() const override { return broken_ || stream_->ready(); }

 private:
  const std::unique_ptr<BodySource> stream_;
  const StreamDialect dialect_;
  const Request& request_;
  EventEnd end_;
  std::optional<Error> broken_;
  std::string told_;
};

}  // namespace

bool is_event_stream(const Answer& answer) {
  return answer.status == 200 &&
         ascii::starts_with_ignoring_case(wire::value_of(answer.fields, "Content-Type"),
                                          EventStreamText) &&
         !wire::has_coding(answer.fields);
}

Answer with_told_break(Answer models_answer, StreamDialect dialect, const Request& request) {
  const bool may_grow = !models_answer.length;
  if (dialect != StreamDialect::None && may_grow && is_event_stream(models_answer)) {
    models_answer.body =
        std::make_unique<TellingBody>(std::move(models_answer.body), dialect, request);
  }
  return models_answer;
}

}  // namespace llmsnap::api
