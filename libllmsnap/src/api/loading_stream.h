// LoadingStream: what a client that asked for a stream reads while its model is loaded: news
// (`sendLoadingState`), or now and then a sign of life (`keepAliveWhileLoading`). Until the first
// of it the request can still be refused with a status. Thread rule: belongs to the request's
// fiber.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "api/answer.h"
#include "api/loading_text.h"
#include "api/stream_dialect.h"
#include "route/waiter.h"

namespace llmsnap::api {

class LoadingStream final : public route::Waiter {
 public:
  /// None: nothing is ever written. `request` must outlive this.
  LoadingStream(Request& request, StreamDialect dialect);

  void waits_for(const route::Model& model) override;
  Deadline due() const override;
  Result<void> stands(const schedule::Standing& standing) override;
  bool has_begun() const override;

  Result<void> ready() override;

  /// The request has failed: ends what was told of its wait, if that has not ended.
  Result<void> failed();

 private:
  SteadyClock::duration waited() const { return SteadyClock::now() - *begun_; }
  StreamIdentity identity() const;
  Result<void> end_news(std::string (LoadingText::*text)(SteadyClock::duration) const);
  Result<void> write(const std::string& events);
  Result<void> begin();

  Request& request_;
  const StreamDialect dialect_;
  std::optional<SteadyClock::time_point> begun_;  // the wait; most requests have none
  LoadingText text_;
  std::string unsaid_;       // the end of the news of one that will not serve
  std::string model_;        // waited for, and
  bool introduced_ = false;  // told of
  bool tells_ = false;
  std::chrono::milliseconds keep_alive_{0};
  Deadline next_news_ = NoDeadline;
  Deadline next_sign_ = NoDeadline;
};

}  // namespace llmsnap::api
