#include "api/log_stream.h"

#include <fmt/format.h>

#include <utility>

namespace llmsnap::api {
namespace {

Error interrupted(io::WaitResult reason) {
  if (reason == io::WaitResult::Shutdown) {
    return {ErrorCode::ShuttingDown, "the gateway is shutting down"};
  }
  return {ErrorCode::ClientLeft, "the reader of the log left"};
}

}  // namespace

LogStream::LogStream(std::shared_ptr<OutputLog> log, std::uint64_t position, LineFilter filter,
                     StopNotice* stop)
    : log_(std::move(log)), filter_(std::move(filter)), stop_(stop), position_(position) {}

Result<std::string_view> LogStream::pull() {
  for (;;) {
    if (!end_ && stop_ != nullptr && stop_->given()) {
      end_ = log_->end();  // of a log that is written faster than it is read there is no other end
    }
    if (end_ && position_ >= *end_) {
      return std::string_view();
    }
    OutputLog::Piece news = log_->read_from(position_);
    // From the beginning nothing counts as missed: it is the history that is kept.
    const std::uint64_t missed = position_ == 0 ? 0 : news.missed;
    position_ = news.next;
    const bool has_news = !news.text.empty();
    news.text = filter_.passed(std::move(news.text));
    if (!news.text.empty()) {
      piece_ = missed == 0
                   ? std::move(news.text)
                   : fmt::format("\n[{} bytes were not read in time]\n{}", missed, news.text);
      return std::string_view(piece_);
    }
    if (has_news) {
      continue;  // none of it passed the filter
    }
    if (end_) {
      return std::string_view();
    }
    if (!bell_) {
      listen();
      continue;  // for what came before the bell hung
    }
    if (const io::WaitResult reason = bell_->wait(); reason != io::WaitResult::Event) {
      return interrupted(reason);
    }
  }
}

void LogStream::listen() {
  bell_ = std::make_shared<io::Bell>();
  const auto ring = [bell = bell_] { bell->ring(); };
  more_ = log_->on_append(ring);
  if (stop_ != nullptr) {
    stopping_ = stop_->on_give(ring);
  }
}

}  // namespace llmsnap::api
