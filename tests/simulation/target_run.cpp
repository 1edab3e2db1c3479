#include "simulation/target_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "peer/peer.h"
#include "route/target_book.h"
#include "simulation/dice.h"

namespace llmsnap::test {
namespace {

using peer::Peer;
using route::Refusal;
using route::Reservation;
using route::TargetBook;
using route::Trouble;
using std::chrono::milliseconds;
using std::chrono::seconds;
using State = TargetStatus::State;
using Moment = SteadyClock::time_point;

constexpr std::size_t Local = 2;
constexpr std::size_t Targets = 4;  // the others are models of a peer each
constexpr std::size_t MostInWork = 8;

/// What the rules say of who is backed off from, told anew: when it may be asked again.
struct Pause {
  std::size_t failures = 0;
  Moment retry_at = Moment::min();

  void failed(Moment began, Moment now) {
    if (began < retry_at) {
      return;  // the same failure once more
    }
    const int pauses[] = {1, 2, 4, 8, 60};
    retry_at = now + seconds(pauses[std::min(failures, std::size(pauses) - 1)]);
    ++failures;
  }
};

struct InWork {
  std::size_t target;
  Moment chosen;
  Reservation place;
};

std::shared_ptr<Peer> some_peer() {
  PeerConfig config;
  config.id = "p";
  config.proxy = "http://127.0.0.1:1";
  return std::move(*Peer::make(config));
}

class TargetRun {
 public:
  TargetRun(std::uint64_t seed, TargetCases& cases) : dice_(seed), cases_(cases) {
    for (std::size_t target = Local; target < Targets; ++target) {
      peers_[target] = some_peer();
    }
  }

  RunResult play(std::size_t steps) {
    for (; result_.steps < steps && !result_.broken; ++result_.steps) {
      let_time_pass();
      if (dice_.chance(10)) {
        let_watch_tell();
      } else if (in_work_.size() > MostInWork || (!in_work_.empty() && dice_.chance(50))) {
        end_one();
      } else {
        send_one();
      }
      if (dice_.below(40) == 0) {
        check_that_none_is_forgotten();
      }
    }
    return result_;
  }

 private:
  void must(bool holds, const char* rule) {
    if (!holds && !result_.broken) {
      result_.broken = rule;
    }
  }

  bool is_of_peer(std::size_t target) const { return target >= Local; }
  Moment retry_at(std::size_t target) const {
    return std::max(own_[target].retry_at, of_peer_[target].retry_at);
  }
  bool is_cooling(std::size_t target) const { return now_ < retry_at(target); }

  /// To a moment where something changes or just does not yet, as often as to any.
  void let_time_pass() {
    const Moment at = retry_at(dice_.below(Targets));
    switch (dice_.below(4)) {
      case 0:
        now_ = std::max(now_, at);
        break;
      case 1:
        now_ = std::max(now_, at == Moment::min() ? now_ : at - milliseconds(1));
        break;
      case 2:
        now_ += milliseconds(dice_.below(3000));
        break;
      default:
        break;  // much happens at once
    }
  }

  /// Of a peer, beside what requests say of it.
  void let_watch_tell() {
    const std::size_t target = Local + dice_.below(Targets - Local);
    if (dice_.chance(50)) {
      peer_answered(target);
    } else {
      peer_failed(target, now_);
    }
  }

  void peer_answered(std::size_t target) {
    peers_[target]->answered(now_);
    of_peer_[target] = Pause();
  }

  void peer_failed(std::size_t target, Moment began) {
    peers_[target]->failed(began, now_);
    of_peer_[target].failed(began, now_);
  }

  /// As one of ours may stand at any moment; of a peer's model nothing is known.
  TargetStatus random_status(std::size_t target) {
    constexpr State All[] = {State::Ready, State::Ready, State::Starting, State::Stopped,
                             State::Stopping};
    if (is_of_peer(target)) {
      return {.state = State::Remote, .cooling_down = peers_[target]->is_backing_off(now_)};
    }
    return {.state = All[dice_.below(std::size(All))]};
  }

  /// Warm starts one that stops anew.
  bool can_be_chosen(const TargetStatus& status) const {
    return !status.tried &&
           (status.state != State::Stopping || strategy_ == SelectorStrategy::Warm);
  }

  /// Tries one target after the other until one takes it, or none is left.
  void send_one() {
    strategy_ = dice_.chance(50) ? SelectorStrategy::Warm : SelectorStrategy::Spillover;
    std::vector<TargetStatus> targets;
    for (std::size_t target = 0; target < Targets; ++target) {
      targets.push_back(random_status(target));
    }
    for (;;) {
      const auto chosen = choose(1 + static_cast<int>(dice_.below(3)), targets);
      if (!chosen) {
        return;
      }
      InWork request{*chosen, now_, Reservation(book_, *chosen)};
      if (!dice_.chance(33)) {
        in_work_.push_back(std::move(request));
        return;
      }
      refuse(request);
      targets[*chosen].tried = true;
      for (std::size_t target = Local; target < Targets; ++target) {
        targets[target].cooling_down = peers_[target]->is_backing_off(now_);
      }
    }
  }

  std::optional<std::size_t> choose(int spillover, const std::vector<TargetStatus>& targets) {
    const auto chosen = book_->choose(strategy_, spillover, targets, now_);
    if (!chosen) {
      must(std::none_of(targets.begin(), targets.end(),
                        [this](const TargetStatus& status) { return can_be_chosen(status); }),
           "a request is refused and a target is left");
      return std::nullopt;
    }
    must(can_be_chosen(targets[*chosen]), "a target is chosen that stops, or has refused already");
    for (std::size_t other = 0; other < Targets; ++other) {
      if (other == *chosen || !can_be_chosen(targets[other])) {
        continue;
      }
      must(!is_cooling(*chosen) || is_cooling(other),
           "a target that failed is chosen at once, and another one could be");
      cases_.passed_over += !is_cooling(*chosen) && is_cooling(other) ? 1 : 0;
    }
    cases_.nobody_else += is_cooling(*chosen) ? 1 : 0;
    return chosen;
  }

  void refuse(const InWork& request) {
    Pause& own = own_[request.target];
    if (dice_.chance(25)) {
      const seconds pause(dice_.below(10));
      book_->refused(request.target, request.chosen, {"full", Trouble::Busy, pause}, now_);
      own.retry_at = std::max(own.retry_at, now_ + pause);
      return;
    }
    book_->refused(request.target, request.chosen, {"it broke", Trouble::Failing}, now_);
    own.failed(request.chosen, now_);
    if (is_of_peer(request.target)) {
      peer_failed(request.target, request.chosen);
    }
  }

  void end_one() {
    const auto request =
        in_work_.begin() + static_cast<std::ptrdiff_t>(dice_.below(in_work_.size()));
    if (dice_.chance(50)) {
      refuse(*request);
    } else if (!dice_.chance(33)) {  // else its client has left
      book_->served(request->target);
      own_[request->target] = Pause();
      if (is_of_peer(request->target)) {
        peer_answered(request->target);
      }
    }
    in_work_.erase(request);
  }

  /// The moment that the last pause is over, as many requests as there are targets must find one
  /// each.
  void check_that_none_is_forgotten() {
    in_work_.clear();
    strategy_ = SelectorStrategy::Spillover;
    Moment last = now_;
    for (std::size_t target = 0; target < Targets; ++target) {
      last = std::max(last, retry_at(target));
    }
    cases_.asked_again += now_ < last ? 1 : 0;
    now_ = last;
    std::vector<bool> asked(Targets);
    for (std::size_t i = 0; i < Targets; ++i) {
      if (const auto chosen =
              choose(1, std::vector<TargetStatus>(Targets, {.state = State::Ready}))) {
        asked[*chosen] = true;
        in_work_.push_back({*chosen, now_, Reservation(book_, *chosen)});
      }
    }
    must(asked == std::vector<bool>(Targets, true), "a target that failed once is forgotten");
  }

  Dice dice_;
  TargetCases& cases_;
  RunResult result_;
  Moment now_{std::chrono::hours(1)};
  SelectorStrategy strategy_ = SelectorStrategy::Warm;  // of the present request
  std::shared_ptr<TargetBook> book_ = std::make_shared<TargetBook>(Targets);
  std::vector<std::shared_ptr<Peer>> peers_ = std::vector<std::shared_ptr<Peer>>(Targets);
  std::vector<Pause> own_ = std::vector<Pause>(Targets);
  std::vector<Pause> of_peer_ = std::vector<Pause>(Targets);
  std::vector<InWork> in_work_;
};

}  // namespace

RunResult run_targets(std::uint64_t seed, std::size_t steps, TargetCases& cases) {
  RunResult result = TargetRun(seed, cases).play(steps);
  if (result.broken) {
    result.broken =
        fmt::format("targets, seed {}, step {}: {}", seed, result.steps, *result.broken);
  }
  return result;
}

}  // namespace llmsnap::test
