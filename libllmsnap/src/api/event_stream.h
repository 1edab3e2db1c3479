// EventStream: what is told at /api/events, as a body without an end.
// Thread rule: belongs to the request's fiber.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "api/stop_notice.h"
#include "base/body_source.h"
#include "io/bell.h"
#include "io/blocking_work.h"
#include "live/event_feed.h"

namespace llmsnap::api {

class EventStream final : public BodySource {
 public:
  /// Goes on behind the event `last_id`, if all that came later is still there; else begins with
  /// how things stand. All must outlive it, `stop` may be null.
  /// What is told at the beginning is put together on `queries`.
  EventStream(live::EventFeed& feed, io::BlockingWork& queries, std::string_view last_id,
              StopNotice* stop);

  /// Ends when the server stops. A reader that was too slow is told anew how things stand; one that
  /// hears of nothing gets a comment now and then, so that it and all between know it is there.
  Result<std::string_view> pull() override;

 private:
  void begin_anew();
  void listen();
  /// What is to be sent now; empty: nothing.
  std::string_view next_piece();

  live::EventFeed& feed_;
  io::BlockingWork& queries_;
  StopNotice* const stop_;
  const live::EventFeed::Reader reader_;
  std::uint64_t position_ = 0;
  std::deque<live::Frame> frames_;  // to be sent
  live::Frame sent_;                // the one that the front has a view of
  // From the first wait on; the other owners are the subscriptions' callbacks.
  std::shared_ptr<io::Bell> bell_;
  Subscription more_;
  Subscription stopping_;
};

}  // namespace llmsnap::api
