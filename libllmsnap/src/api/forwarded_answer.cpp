#include "api/forwarded_answer.h"

#include <optional>
#include <string_view>
#include <utility>

#include "api/breather.h"
#include "api/forward_call.h"
#include "api/outcome_of_break.h"
#include "capture/redact.h"
#include "peer/peer.h"
#include "record/answer_tap.h"
#include "record/usage_event_remover.h"
#include "record/usage_scanner.h"
#include "upstream/failing_status.h"
#include "upstream/failure.h"

namespace llmsnap::api {
namespace {

record::AnswerHead tapped(const route::Forwarded& forwarded) {
  const wire::ResponseHead& head = forwarded.exchange->head();
  const route::Model& model = forwarded.lease->model();
  return {.status = head.status,
          .reason = head.reason,
          .content_type = wire::value_of(head.fields, "Content-Type"),
          .content_encoding = wire::value_of(head.fields, "Content-Encoding"),
          .key = model.peer == nullptr ? &model.key : &model.peer->key()};
}

/// What was added to the request to ask for usage is answered within the stream.
bool tells_unasked_usage(const route::Forwarded& forwarded) {
  const wire::ResponseHead& head = forwarded.exchange->head();
  return forwarded.usage == route::UsageWish::Added && head.status == 200 &&
         record::UsageScanner::format_of(wire::value_of(head.fields, "Content-Type")) ==
             record::UsageScanner::Format::EventStream;
}

class WatchedBody final : public BodySource {
 public:
  /// `asked_for_head`: the front pulls no body.
  WatchedBody(route::Forwarded forwarded, std::unique_ptr<live::InFlight::Place> place,
              Request& request, bool asked_for_head)
      : forwarded_(std::move(forwarded)),
        place_(std::move(place)),
        record_(request.record),
        capture_(request.capture),
        tap_(tapped(forwarded_), Breather::breathe) {
    if (tells_unasked_usage(forwarded_)) {
      remover_.emplace();
    }
    const int status = forwarded_.exchange->head().status;
    if (asked_for_head || status == 101 || status == 204 || status == 304) {
      has_body_ = false;
      judge(upstream::counts_as_failure(status));
    }
    capture_.answer(forwarded_.exchange->head());
    if (place_) {
      place_->set_answer(forwarded_.exchange->head());
    }
  }

  ~WatchedBody() override {
    tap_.complete(record_);
    if (!record_.server_error.empty()) {
      record_.server_error = capture::without_secrets(record_.server_error);
    }
    if (has_body_ && !ended_) {
      capture_.broke();
    }
    const route::Model& model = forwarded_.lease->model();
    capture_.hide(model.peer == nullptr ? model.key : model.peer->key());
    learn(*forwarded_.lease->model().usage_asking);
    if (is_cancelled()) {
      // Whoever waited was told of a shutdown.
      record_.outcome = Outcome::Cancelled;
      record_.error = cancelled_by_operator().message;
    }
  }

  Result<std::string_view> pull() override {
    while (!ended_) {
      const Result<std::string_view> piece = forwarded_.exchange->pull();
      if (!piece) {
        return broken(piece.error());
      }
      tap_.pass(*piece);
      ended_ = piece->empty();
      if (ended_) {
        judge(upstream::counts_as_failure(forwarded_.exchange->head().status));
      }
      const std::string_view shown = shown_of(*piece);
      if (!shown.empty()) {
        show(shown);
        return shown;
      }
    }
    return std::string_view();
  }

  bool ready() const override { return ended_ || forwarded_.exchange->ready(); }
  std::optional<std::uint64_t> length() const override {
    return remover_ ? std::nullopt : forwarded_.exchange->length();
  }

 private:
  std::string_view shown_of(std::string_view piece) {
    if (!remover_) {
      return piece;
    }
    return ended_ ? remover_->finish() : remover_->pass(piece);
  }

  /// What the client gets is what is kept and counted.
  void show(std::string_view shown) {
    capture_.pass(shown);
    if (place_) {
      place_->add_bytes(shown.size());
    }
  }

  Error broken(const Error& why) {
    const Error error =
        is_cancelled() ? cancelled_by_operator() : route::explained(why, *forwarded_.lease);
    record_.outcome = outcome_of_break(error.code);
    record_.error = error.message;
    if (upstream::blames_server(error.code)) {
      judge(true);
    }
    return error;
  }

  void learn(route::UsageAsking& asking) {
    if (tap_.told_timings()) {
      asking.told_timings();
    } else if (ended_ && forwarded_.usage == route::UsageWish::NotAsked &&
               record_.tokens.pieces > 0 && !record_.usage.output_tokens) {
      asking.told_nothing();
    }
  }

  void judge(bool failed) {
    forwarded_.lease->answered(failed ? route::Answered::Badly : route::Answered::Well,
                               forwarded_.target);
  }

  bool is_cancelled() const { return place_ && place_->cancelled(); }

  route::Forwarded forwarded_;
  std::unique_ptr<live::InFlight::Place> place_;  // behind what it shows the head of
  TrafficRecord& record_;
  CaptureTap& capture_;
  record::AnswerTap tap_;
  std::optional<record::UsageEventRemover> remover_;  // absent: all is the client's
  bool has_body_ = true;
  bool ended_ = false;
};

}  // namespace

Answer forwarded_answer(route::Forwarded forwarded, std::unique_ptr<live::InFlight::Place> place,
                        Request& request) {
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
    answer.fields.push_back({"Upgrade", wire::value_of(head.fields, "Upgrade")});
  }
  const bool knows_length = head.has_length || head.framing == wire::Framing::Length;
  if (knows_length && !tells_unasked_usage(forwarded)) {
    answer.length = head.content_length;
  }
  answer.pass_trailers = request.head.accepts_trailers && head.framing == wire::Framing::Chunked;
  request.record.response_content_type = wire::value_of(head.fields, "Content-Type");
  answer.body = std::make_unique<WatchedBody>(std::move(forwarded), std::move(place), request,
                                              request.head.method == "HEAD");
  return answer;
}

}  // namespace llmsnap::api
