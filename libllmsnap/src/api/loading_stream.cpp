#include "api/loading_stream.h"

#include <algorithm>
#include <utility>

#include "api/cors.h"
#include "api/early_answer.h"
#include "api/text_body.h"
#include "route/model_service.h"

namespace llmsnap::api {
namespace {

constexpr std::chrono::seconds NewsInterval{1};

}  // namespace

LoadingStream::LoadingStream(Request& request, StreamDialect dialect)
    : request_(request), dialect_(request.early == nullptr ? StreamDialect::None : dialect) {}

StreamIdentity LoadingStream::identity() const {
  const TrafficRecord& record = request_.record;
  return {"chatcmpl-" + record.id,
          std::chrono::time_point_cast<std::chrono::seconds>(record.received_at),
          record.requested_model};
}

void LoadingStream::waits_for(const route::Model& model) {
  if (dialect_ == StreamDialect::None) {
    return;
  }
  const ModelConfig& config = model.config;
  const SteadyClock::time_point now = SteadyClock::now();
  begun_ = begun_.value_or(now);
  if (introduced_ && model_ != config.id) {
    unsaid_ = text_.failed(now - *begun_);  // another is asked in its place
    introduced_ = false;
  }
  model_ = config.id;
  tells_ = config.send_loading_state && tells_news(dialect_);
  keep_alive_ = config.keep_alive_while_loading;
  next_news_ = tells_ ? now : NoDeadline;
  if (keep_alive_.count() == 0 || tells_) {  // news are signs of life too
    next_sign_ = NoDeadline;
  } else if (next_sign_ == NoDeadline) {
    next_sign_ = *begun_ + keep_alive_;
  }
}

Deadline LoadingStream::due() const {
  return std::min(next_news_, next_sign_);
}

bool LoadingStream::has_begun() const {
  return request_.begun != StreamDialect::None;
}

Result<void> LoadingStream::stands(const schedule::Standing& standing) {
  if (!tells_) {
    return write(keep_alive_event(dialect_));
  }
  std::string text = std::exchange(unsaid_, {});
  if (!std::exchange(introduced_, true)) {
    text += text_.opening(model_);
  }
  text += text_.progress(standing, waited());
  next_news_ = SteadyClock::now() + NewsInterval;
  return write(news_event(dialect_, identity(), text));
}

Result<void> LoadingStream::ready() {
  return end_news(&LoadingText::ready);
}

Result<void> LoadingStream::failed() {
  return end_news(&LoadingText::failed);
}

Result<void> LoadingStream::end_news(std::string (LoadingText::*text)(SteadyClock::duration)
                                         const) {
  std::string words = std::exchange(unsaid_, {});
  if (std::exchange(introduced_, false)) {
    words += (text_.*text)(waited());
  }
  return words.empty() ? Result<void>() : write(news_event(dialect_, identity(), words));
}

Result<void> LoadingStream::begin() {
  Answer answer;
  answer.fields = {{"Content-Type", "text/event-stream"},
                   {"Cache-Control", "no-cache"},
                   {"X-Accel-Buffering", "no"}};
  answer.add("X-Request-Id", request_.record.id);
  echo_origin(request_.head, answer);
  answer.body = std::make_unique<TextBody>(std::string());
  request_.begun = dialect_;
  request_.capture.began(answer);
  return request_.early->begin(answer);
}

Result<void> LoadingStream::write(const std::string& events) {
  if (!has_begun()) {
    if (auto begun = begin(); !begun) {
      return begun;
    }
  }
  if (next_sign_ != NoDeadline) {
    next_sign_ = SteadyClock::now() + keep_alive_;
  }
  request_.capture.told(events);
  return request_.early->write(events);
}

}  // namespace llmsnap::api
