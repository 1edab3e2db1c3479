#include "record/measured_rate.h"

#include <chrono>

namespace llmsnap::record {
namespace {

using TimePoint = TrafficRecord::Clock::time_point;

constexpr double FastestStream = 5000;  // tokens a second of one request

std::optional<double> rate(std::uint64_t tokens, TimePoint from, TimePoint to) {
  if (from == TimePoint{} || to <= from) {
    return std::nullopt;
  }
  return static_cast<double>(tokens) / std::chrono::duration<double>(to - from).count();
}

}  // namespace

std::optional<double> measured_rate(const TrafficRecord& record, TimePoint end) {
  const std::uint64_t tokens = record.usage.output_tokens.value_or(0);
  if (tokens == 0) {
    return std::nullopt;
  }
  if (record.tokens.pieces > 1 && tokens > 1) {
    // The first token's time is the prompt's.
    const auto streamed = rate(tokens - 1, record.tokens.first, record.tokens.last);
    if (streamed && *streamed <= FastestStream) {
      return streamed;
    }
  }
  return rate(tokens, record.model_leased == TimePoint{} ? record.received : record.model_leased,
              end);
}

}  // namespace llmsnap::record
