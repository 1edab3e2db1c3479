// UsageAsking: whether a model's server is asked to count the tokens of a stream
// (`stream_options.include_usage`) where the client has not, by how it took that until now.
// Thread rule: any thread; what it knows is advisory.
#pragma once

#include <atomic>
#include <cstdint>

#include "llmsnap/model_config.h"
#include "wire/response_head.h"

namespace llmsnap::route {

/// What a forwarded request says of usage.
enum class UsageWish : std::uint8_t {
  AsSent,    ///< what the client said, or it is of a kind that has no such option
  NotAsked,  ///< it could be asked for, but this server is not
  Added,     ///< the client has not asked: what is told for it must not reach the client
};

// | state      | asked | 400, coded | another answer | timings    | stream without usage |
// |------------|-------|------------|----------------|------------|----------------------|
// | Unknown    | yes   | Refused    | Understood     | TellsItself | -                   |
// | Understood | yes   | (client's) | -              | TellsItself | -                   |
// | Refused    | no    | -          | -              | -          | -                    |
// | TellsItself| no    | -          | -              | -          | Unknown              |
class UsageAsking {
 public:
  /// A llama.cpp server, as far as the command tells, gives its timings unasked; and asked, at
  /// another place than its clients look at.
  explicit UsageAsking(const ModelConfig& model);

  bool asks() const {
    const State state = state_.load(std::memory_order_relaxed);
    return state == State::Unknown || state == State::Understood;
  }

  /// Whether this answer to a request that asked should be replaced by one to a request that did
  /// not: an error of those that an unknown option leads to, while nothing better is known; or one
  /// out of which nothing can be taken, since it is compressed though nobody wanted that.
  bool is_refusal(const wire::ResponseHead& head) const;

  /// How a request that asked was answered.
  void answered(const wire::ResponseHead& head);
  /// How one was that was refused so, and sent again without asking.
  enum class Refusal : std::uint8_t { BadRequest, Coded };
  static Refusal refusal_in(const wire::ResponseHead& head);
  void answered_again(Refusal refusal, const wire::ResponseHead& again);

  void told_timings() { learn(State::TellsItself); }
  /// A stream for which it was not asked.
  void told_nothing();

 private:
  enum class State : std::uint8_t { Unknown, Understood, Refused, TellsItself };

  void learn(State state);

  std::atomic<State> state_;
};

}  // namespace llmsnap::route
