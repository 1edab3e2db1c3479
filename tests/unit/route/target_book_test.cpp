#include "route/target_book.h"

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "catch.h"

namespace llmsnap::route {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t Targets = 4;
constexpr std::size_t Requests = 300;
/// The shortest pause after a failure, less than which a run must take.
constexpr milliseconds ShortestPause{1000};

/// One selector and its requests: who failed is remembered here once more, without a clock.
class Run {
 public:
  explicit Run(unsigned seed) : random_(seed) {}

  void play() {
    const auto begin = SteadyClock::now();
    for (std::size_t i = 0; i < Requests; ++i) {
      request();
      if (SteadyClock::now() - begin > ShortestPause / 2) {
        return;  // on a machine that is very busy failures would be over
      }
    }
  }

 private:
  std::size_t below(std::size_t count) { return random_() % count; }

  TargetStatus random_status() {
    using State = TargetStatus::State;
    constexpr State All[] = {State::Ready,   State::Ready,    State::Starting,
                             State::Stopped, State::Stopping, State::Remote};
    return {.state = All[below(std::size(All))]};
  }

  /// Warm starts one that stops anew.
  bool can_be_chosen(const TargetStatus& status) const {
    const bool stops = status.state == TargetStatus::State::Stopping;
    return !status.tried && (!stops || strategy_ == SelectorStrategy::Warm);
  }

  /// Tries one target after the other until one serves it, or none is left.
  void request() {
    strategy_ = below(2) == 0 ? SelectorStrategy::Warm : SelectorStrategy::Spillover;
    std::vector<TargetStatus> targets(Targets);
    std::generate(targets.begin(), targets.end(), [this] { return random_status(); });
    for (;;) {
      const auto chosen = book_->choose(strategy_, 1 + static_cast<int>(below(3)), targets);
      if (!chosen) {
        CHECK(std::none_of(targets.begin(), targets.end(),
                           [this](const TargetStatus& status) { return can_be_chosen(status); }));
        return;
      }
      REQUIRE(can_be_chosen(targets[*chosen]));
      check_choice(*chosen, targets);
      const Reservation place(book_, *chosen);
      if (below(3) != 0) {
        book_->served(*chosen);
        failed_[*chosen] = false;
        return;
      }
      book_->refused(*chosen, SteadyClock::now(), {"it broke", Trouble::Failing});
      failed_[*chosen] = true;
      targets[*chosen].tried = true;
    }
  }

  void check_choice(std::size_t chosen, const std::vector<TargetStatus>& targets) const {
    for (std::size_t other = 0; failed_[chosen] && other < Targets; ++other) {
      CHECK((failed_[other] || !can_be_chosen(targets[other])));
    }
  }

  std::mt19937 random_;
  SelectorStrategy strategy_ = SelectorStrategy::Warm;  // of the present request
  std::shared_ptr<TargetBook> book_ = std::make_shared<TargetBook>(Targets);
  std::vector<bool> failed_ = std::vector<bool>(Targets);
};

}  // namespace

TEST_CASE("of any requests none is sent to a target that has just failed while another can be",
          "[route]") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    Run(seed).play();
  }
}

}  // namespace llmsnap::route
