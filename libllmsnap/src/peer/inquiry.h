// Inquiry: what a peer is asked in a round, and when the next round is, by what it has answered so
// far. Thread rule: a plain value. PURE.
#pragma once

#include "base/back_off.h"
#include "base/clock.h"

namespace llmsnap::peer {

/// What came of a question to a peer that answers.
enum class Said {
  NotAsked,
  Nothing,  ///< it has no such thing
  Refused,  ///< it does not say, but may later: see refuses
  Names,    ///< a listing that does not tell how the models stand
  States    ///< how its models stand
};

/// The key may not ask, or not so often, or the peer has a fault: any of them may change.
constexpr bool refuses(int status) {
  return status == 401 || status == 403 || status == 429 || (status >= 500 && status != 501);
}

/// | the last round told | the next round | /running in it | the listing in it |
/// | --- | --- | --- | --- |
/// | states, by /running; or there was none | after 15 s | asked | read |
/// | states, by the listing alone | after 15 s | not before its time | read |
/// | names alone | 30 s after the last answer to anybody | not before its time | its head alone |
/// | nothing: it has neither | 30 s after the last answer to anybody | not before its time | read |
/// | the listing was refused | by back-off: after 1, 2, 4, 8, 60 s | with it | read |
///
/// The time of /running: where it was refused, by the same back-off; where there is none, after
/// 10 min, for another server may have come to that address; at once where the listing is not what
/// it was.
class Inquiry {
 public:
  using Time = SteadyClock::time_point;

  bool asks_running(Time now) const { return now >= running_at_; }
  /// False: its status is all that is wanted.
  bool reads_listing(Time now) const { return asks_running(now) || listing_ != Said::Names; }

  /// A round has ended, with answers.
  void told(Said running, Said listing, Time now);
  /// It ended without: who answers next may be another server.
  void failed() { *this = Inquiry(); }

  /// `heard`: when it last answered anybody.
  Time next_round(Time ended, Time heard) const;

 private:
  Said listing_ = Said::NotAsked;
  bool tells_states_ = false;
  BackOff refused_;
  Time running_at_ = Time::min();
};

}  // namespace llmsnap::peer
