#include "api/forwarded_answer.h"

#include <utility>

#include "api/breather.h"
#include "api/forward_call.h"
#include "api/outcome_of_break.h"
#include "record/answer_tap.h"
#include "upstream/failing_status.h"
#include "upstream/failure.h"

namespace llmsnap::api {
namespace {

std::string_view value_of(const wire::ResponseHead& head, std::string_view name) {
  const auto* field = wire::find_field(head.fields, name);
  return field == nullptr ? std::string_view() : field->value;
}

record::AnswerHead tapped(const wire::ResponseHead& head) {
  return {.status = head.status,
          .reason = head.reason,
          .content_type = value_of(head, "Content-Type"),
          .content_encoding = value_of(head, "Content-Encoding")};
}

class WatchedBody final : public BodySource {
 public:
  /// `asked_for_head`: the front pulls no body.
  WatchedBody(route::Forwarded forwarded, Watchers watchers, TrafficRecord& record,
              bool asked_for_head)
      : forwarded_(std::move(forwarded)),
        watchers_(std::move(watchers)),
        record_(record),
        tap_(tapped(forwarded_.exchange->head()), Breather::breathe) {
    const int status = forwarded_.exchange->head().status;
    if (asked_for_head || status == 101 || status == 204 || status == 304) {
      judge(upstream::counts_as_failure(status));
    }
    watchers_.capture.answer(forwarded_.exchange->head());
    if (watchers_.place) {
      watchers_.place->set_model(record_.model);
      watchers_.place->set_answer(forwarded_.exchange->head());
    }
  }

  ~WatchedBody() override {
    tap_.complete(record_);
    if (is_cancelled()) {
      // Whoever waited was told of a shutdown.
      record_.outcome = Outcome::ClientLeft;
      record_.error = cancelled_by_operator(ErrorCode::ClientLeft).message;
    }
  }

  Result<std::string_view> pull() override {
    auto piece = forwarded_.exchange->pull();
    if (piece) {
      tap_.pass(*piece);
      watchers_.capture.pass(*piece);
      if (watchers_.place) {
        watchers_.place->add_bytes(piece->size());
      }
      if (piece->empty()) {
        judge(upstream::counts_as_failure(forwarded_.exchange->head().status));
      }
      return piece;
    }
    // The client can still be told.
    const Error error = is_cancelled() ? cancelled_by_operator(ErrorCode::Unavailable)
                                       : route::explained(piece.error(), *forwarded_.lease);
    record_.outcome = outcome_of_break(error.code);
    record_.error = error.message;
    if (upstream::blames_server(error.code)) {
      judge(true);
    }
    return error;
  }

  bool ready() const override { return forwarded_.exchange->ready(); }
  std::optional<std::uint64_t> length() const override { return forwarded_.exchange->length(); }

 private:
  void judge(bool failed) {
    forwarded_.lease->answered(failed ? route::Answered::Badly : route::Answered::Well,
                               forwarded_.target);
  }

  bool is_cancelled() const { return watchers_.place && watchers_.place->cancelled(); }

  route::Forwarded forwarded_;
  Watchers watchers_;  // behind what they show the head of
  TrafficRecord& record_;
  record::AnswerTap tap_;
};

}  // namespace

Answer forwarded_answer(route::Forwarded forwarded, Watchers watchers, Request& request) {
  auto& exchange = *forwarded.exchange;
  const auto& head = exchange.head();
  Answer answer;
  answer.status = head.status;
  answer.reason = head.reason;
  answer.exchange = &exchange;
  route::fields_to_client(head, forwarded.cookies, answer.fields);
  if (head.status == 101) {
    // Hop-by-hop, but this hop is the one that switches.
    answer.switched = true;
    answer.fields.push_back({"Upgrade", value_of(head, "Upgrade")});
  }
  if (head.has_length || head.framing == wire::Framing::Length) {
    answer.length = head.content_length;
  }
  answer.pass_trailers = request.head.accepts_trailers && head.framing == wire::Framing::Chunked;
  request.record.response_content_type = value_of(head, "Content-Type");
  answer.body = std::make_unique<WatchedBody>(std::move(forwarded), std::move(watchers),
                                              request.record, request.head.method == "HEAD");
  return answer;
}

}  // namespace llmsnap::api
