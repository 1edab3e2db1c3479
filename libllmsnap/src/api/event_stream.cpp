#include "api/event_stream.h"

#include <utility>

namespace llmsnap::api {
namespace {

constexpr std::size_t MostBytes = std::size_t{64} * 1024;
/// Shorter than what proxies on the way wait for.
constexpr std::chrono::seconds Heartbeat{15};
constexpr std::string_view Comment = ":\n\n";

Error interrupted(io::WaitResult reason) {
  if (reason == io::WaitResult::Shutdown) {
    return {ErrorCode::ShuttingDown, "the gateway is shutting down"};
  }
  return {ErrorCode::ClientLeft, "the reader of the events left"};
}

}  // namespace

EventStream::EventStream(live::EventFeed& feed, io::BlockingWork& queries, std::string_view last_id,
                         StopNotice* stop)
    : feed_(feed), queries_(queries), stop_(stop), reader_(feed) {
  if (const auto behind = feed_.ring().position_behind(last_id)) {
    position_ = *behind;
  } else {
    begin_anew();
  }
}

void EventStream::begin_anew() {
  live::EventFeed::Snapshot start;
  queries_.run([this, &start] { start = feed_.snapshot(); });
  position_ = start->position;
  frames_.assign(start->frames.begin(), start->frames.end());
}

std::string_view EventStream::next_piece() {
  if (frames_.empty()) {
    live::EventRing::News news = feed_.ring().read_from(position_, MostBytes);
    if (news.has_gap) {
      begin_anew();
    } else {
      position_ = news.next;
      frames_.assign(news.frames.begin(), news.frames.end());
    }
  }
  if (frames_.empty()) {
    return {};
  }
  sent_ = std::move(frames_.front());
  frames_.pop_front();
  return *sent_;
}

Result<std::string_view> EventStream::pull() {
  for (;;) {
    if (stop_ != nullptr && stop_->given()) {
      return std::string_view();
    }
    if (const std::string_view piece = next_piece(); !piece.empty()) {
      return piece;
    }
    if (!bell_) {
      listen();
      continue;  // for what came before the bell hung
    }
    const auto heartbeat = SteadyClock::now() + Heartbeat;
    const io::WaitResult reason = bell_->wait(heartbeat);
    if (reason == io::WaitResult::Deadline) {
      return Comment;
    }
    if (reason != io::WaitResult::Event) {
      return interrupted(reason);
    }
  }
}

void EventStream::listen() {
  bell_ = std::make_shared<io::Bell>();
  const auto ring = [bell = bell_] { bell->ring(); };
  more_ = feed_.ring().on_append(ring);
  if (stop_ != nullptr) {
    stopping_ = stop_->on_give(ring);
  }
}

}  // namespace llmsnap::api
