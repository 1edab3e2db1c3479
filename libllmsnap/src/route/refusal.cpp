#include "route/refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace llmsnap::route {
namespace {

using std::chrono::seconds;

constexpr seconds ShortestPause{1};
constexpr seconds LongestPause{60};

/// Dates are not read: they would need the other clock to be right.
seconds pause_asked_for(std::span<const wire::Field> fields) {
  const std::string_view text = wire::value_of(fields, "Retry-After");
  seconds::rep count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (end != text.data() + text.size()) {
    return ShortestPause;
  }
  return error == std::errc::result_out_of_range
             ? LongestPause
             : std::clamp(seconds(count), ShortestPause, LongestPause);
}

}  // namespace

std::optional<Refusal> refusal_of(int status, std::span<const wire::Field> fields) {
  switch (status) {
    case 429:
      return Refusal{fmt::format("status {}", status), Trouble::Busy, pause_asked_for(fields)};
    case 502:
    case 503:
    case 504:
    case 508:
      return Refusal{fmt::format("status {}", status)};
    default:
      return std::nullopt;
  }
}

std::optional<Refusal> refusal_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::TooManyRequests:
    case ErrorCode::ConcurrencyLimit:
    case ErrorCode::Unavailable:
      return Refusal{error.message, Trouble::Busy};
    case ErrorCode::UpstreamFailed:
    case ErrorCode::UpstreamTimeout:
    case ErrorCode::LoopDetected:
      return Refusal{error.message};
    default:
      return std::nullopt;
  }
}

}  // namespace llmsnap::route
