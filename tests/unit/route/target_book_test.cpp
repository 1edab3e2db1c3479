#include "route/target_book.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <random>
#include <vector>

#include "catch.h"

namespace llmsnap::route {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = TargetStatus::State;
using Time = SteadyClock::time_point;

constexpr std::size_t Targets = 4;
constexpr std::size_t Steps = 400;

/// What the rules say of one target, told anew: when it may be asked again.
struct Known {
  int failures = 0;
  Time retry_at = Time::min();

  void failed(Time chosen, Time now) {
    if (chosen < retry_at) {
      return;  // the same failure once more
    }
    const int pauses[] = {1, 2, 4, 8, 60};
    retry_at = now + seconds(pauses[std::min<std::size_t>(failures, std::size(pauses) - 1)]);
    ++failures;
  }
};

/// What the runs have seen, so that none of the rules is kept for want of a case.
struct Seen {
  std::size_t passed_over = 0;  // another one was chosen instead of one that had failed
  std::size_t nobody_else = 0;  // one that had failed was chosen
  std::size_t asked_again = 0;  // the moment that its pause was over
};

/// One selector under a clock of its own, with requests that go on while others come.
class Run {
 public:
  Run(unsigned seed, Seen& seen) : random_(seed), seen_(seen) {}

  void play() {
    for (std::size_t step = 0; step < Steps; ++step) {
      let_time_pass();
      if (in_work_.size() > 8 || (!in_work_.empty() && below(2) == 0)) {
        end_one();
      } else {
        send_one();
      }
      if (below(40) == 0) {
        check_that_none_is_forgotten();
      }
    }
  }

 private:
  struct InWork {
    std::size_t target;
    Time chosen;
    Reservation place;
  };

  std::size_t below(std::size_t count) { return random_() % count; }

  /// To a moment where something changes or just does not yet, as often as to any.
  void let_time_pass() {
    const Time retry_at = known_[below(Targets)].retry_at;
    switch (below(4)) {
      case 0:
        now_ = std::max(now_, retry_at);
        break;
      case 1:
        now_ = std::max(now_, retry_at == Time::min() ? now_ : retry_at - milliseconds(1));
        break;
      case 2:
        now_ += milliseconds(below(3000));
        break;
      default:
        break;  // much happens at once
    }
  }

  TargetStatus random_status() {
    constexpr State All[] = {State::Ready,   State::Ready,    State::Starting,
                             State::Stopped, State::Stopping, State::Remote};
    return {.state = All[below(std::size(All))]};
  }

  bool is_cooling(std::size_t target) const { return now_ < known_[target].retry_at; }

  /// Warm starts one that stops anew.
  bool can_be_chosen(const TargetStatus& status) const {
    return !status.tried &&
           (status.state != State::Stopping || strategy_ == SelectorStrategy::Warm);
  }

  /// Tries one target after the other until one takes it, or none is left.
  void send_one() {
    strategy_ = below(2) == 0 ? SelectorStrategy::Warm : SelectorStrategy::Spillover;
    std::vector<TargetStatus> targets(Targets);
    std::generate(targets.begin(), targets.end(), [this] { return random_status(); });
    for (;;) {
      const auto chosen = choose(1 + static_cast<int>(below(3)), targets);
      if (!chosen) {
        return;
      }
      InWork request{*chosen, now_, Reservation(book_, *chosen)};
      if (below(3) != 0) {
        in_work_.push_back(std::move(request));
        return;
      }
      refuse(request);
      targets[*chosen].tried = true;
    }
  }

  std::optional<std::size_t> choose(int spillover, const std::vector<TargetStatus>& targets) {
    const auto chosen = book_->choose(strategy_, spillover, targets, now_);
    if (!chosen) {
      CHECK(std::none_of(targets.begin(), targets.end(),
                         [this](const TargetStatus& status) { return can_be_chosen(status); }));
      return std::nullopt;
    }
    REQUIRE(can_be_chosen(targets[*chosen]));
    for (std::size_t other = 0; other < Targets; ++other) {
      if (other == *chosen || !can_be_chosen(targets[other])) {
        continue;
      }
      CHECK((!is_cooling(*chosen) || is_cooling(other)));
      seen_.passed_over += !is_cooling(*chosen) && is_cooling(other) ? 1 : 0;
    }
    seen_.nobody_else += is_cooling(*chosen) ? 1 : 0;
    return chosen;
  }

  void refuse(const InWork& request) {
    Known& known = known_[request.target];
    if (below(4) == 0) {
      const seconds pause(below(10));
      book_->refused(request.target, request.chosen, {"full", Trouble::Busy, pause}, now_);
      known.retry_at = std::max(known.retry_at, now_ + pause);
    } else {
      book_->refused(request.target, request.chosen, {"it broke", Trouble::Failing}, now_);
      known.failed(request.chosen, now_);
    }
  }

  void end_one() {
    const auto request = in_work_.begin() + static_cast<std::ptrdiff_t>(below(in_work_.size()));
    if (below(2) == 0) {
      refuse(*request);
    } else if (below(3) != 0) {  // else its client has left
      book_->served(request->target);
      known_[request->target] = Known();
    }
    in_work_.erase(request);
  }

  /// The moment that the last pause is over, as many requests as there are targets must find one
  /// each.
  void check_that_none_is_forgotten() {
    in_work_.clear();
    strategy_ = SelectorStrategy::Spillover;
    const Time last =
        std::max_element(known_.begin(), known_.end(), [](const auto& a, const auto& b) {
          return a.retry_at < b.retry_at;
        })->retry_at;
    const bool had_to_wait = now_ < last;
    now_ = std::max(now_, last);
    std::vector<bool> asked(Targets);
    for (std::size_t i = 0; i < Targets; ++i) {
      const auto chosen = choose(1, std::vector<TargetStatus>(Targets, {.state = State::Ready}));
      REQUIRE(chosen);
      asked[*chosen] = true;
      in_work_.push_back({*chosen, now_, Reservation(book_, *chosen)});
    }
    CHECK(asked == std::vector<bool>(Targets, true));
    seen_.asked_again += had_to_wait ? 1 : 0;
  }

  std::mt19937 random_;
  Seen& seen_;
  Time now_{std::chrono::hours(1)};
  SelectorStrategy strategy_ = SelectorStrategy::Warm;  // of the present request
  std::shared_ptr<TargetBook> book_ = std::make_shared<TargetBook>(Targets);
  std::vector<Known> known_ = std::vector<Known>(Targets);
  std::vector<InWork> in_work_;
};

}  // namespace

TEST_CASE("a target that has failed is passed over until its pause is over, and is asked then",
          "[route]") {
  Seen seen;
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Run(seed, seen).play();
  }
  CHECK(seen.passed_over > 1000);
  CHECK(seen.nobody_else > 1000);
  CHECK(seen.asked_again > 1000);
}

}  // namespace llmsnap::route
