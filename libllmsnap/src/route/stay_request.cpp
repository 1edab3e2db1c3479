#include "route/stay_request.h"

#include <fmt/format.h>

#include "config/quantity.h"

namespace llmsnap::route {
namespace {

/// A number of seconds, or a text with a unit or without one.
std::optional<schedule::KeepAlive> stay_in(std::string_view json) {
  const bool is_text = json.size() >= 2 && json.front() == '"';
  std::string_view text = is_text ? json.substr(1, json.size() - 2) : json;
  const bool for_ever = text.starts_with('-');
  if (for_ever) {
    text.remove_prefix(1);
  }
  const auto time = parse_duration(text);
  if (!time) {
    return std::nullopt;
  }
  return for_ever && time->count() > 0 ? schedule::KeepAlive{} : schedule::KeepAlive{*time};
}

}  // namespace

Result<std::optional<schedule::KeepAlive>> requested_stay(std::string_view body,
                                                          const BodyFacts& facts) {
  const auto& range = facts.keep_alive ? facts.keep_alive : facts.ttl;
  if (!range) {
    return std::optional<schedule::KeepAlive>();
  }
  const std::string_view json = body.substr(range->begin, range->end - range->begin);
  if (json == "null") {
    return std::optional<schedule::KeepAlive>();
  }
  const auto stay = stay_in(json);
  if (!stay) {
    return Error{ErrorCode::BadRequest,
                 fmt::format("'{}' must be a time: a number of seconds, a text such as \"10m\", 0 "
                             "to unload when idle, or -1 to keep the model loaded",
                             facts.keep_alive ? "keep_alive" : "ttl")};
  }
  return stay;
}

}  // namespace llmsnap::route
