#include "store/activity_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "base/outcome_name.h"
#include "wire/status_reason.h"

namespace llmsnap::store {
namespace {

using Clock = TrafficRecord::Clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr Clock::time_point Never{};
// Rows wait in memory for the disk: none may be large.
constexpr std::size_t LongestText = 512;
constexpr std::size_t LongestPath = 2048;
constexpr std::int64_t MostTokens = 1'000'000'000'000;

/// Cut before a character, never within one.
std::string cut(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) {
    return std::string(text);
  }
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  return std::string(text.substr(0, end)) + "...";
}

std::int64_t bounded(std::uint64_t count) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(count, MostTokens));
}

std::int64_t count_of(const std::optional<std::uint64_t>& count, std::int64_t absent = Unknown) {
  return count ? bounded(*count) : absent;
}

double between(Clock::time_point from, Clock::time_point to) {
  return from == Never || to == Never ? double{Unknown} : Milliseconds(to - from).count();
}

/// How long the request waited for its model; until its end where it never got it.
double queue_time(const TrafficRecord& record) {
  return between(record.lease_asked,
                 record.model_leased == Never ? record.finished : record.model_leased);
}

double token_gap(const TokenTimes& tokens) {
  const double all = between(tokens.first, tokens.last);
  return all < 0 || tokens.pieces < 2 ? double{Unknown}
                                      : all / static_cast<double>(tokens.pieces - 1);
}

std::int64_t duration_of(const TrafficRecord& record) {
  const double wall = between(record.received, record.finished);
  const double served = record.usage.inference_time.value_or(Milliseconds(0)).count();
  return static_cast<std::int64_t>(std::clamp(std::max(wall, served), 0.0, 1e12));
}

std::string status_text(int status) {
  const std::string_view reason = wire::status_reason(status);
  return reason.empty() ? fmt::format("HTTP {}", status) : fmt::format("{} {}", status, reason);
}

/// 201, 204 and 101 are no failures; the references take them for such.
bool went_well(const TrafficRecord& record) {
  const bool is_fine = record.status == 101 || (record.status >= 200 && record.status < 300);
  return is_fine && record.outcome == Outcome::Complete;
}

std::string error_of(const TrafficRecord& record) {
  if (went_well(record)) {
    return {};
  }
  if (!record.server_error.empty() || !record.error.empty()) {
    return cut(record.server_error.empty() ? record.error : record.server_error, LongestText);
  }
  return record.outcome == Outcome::ClientLeft ? "the client left" : status_text(record.status);
}

/// Anthropic's first event has a count already, of what is yet to come; the last one says why it
/// stopped.
bool told_a_beginning_alone(const TrafficRecord& record) {
  return record.endpoint.ends_with("/messages") && record.usage.stop_reason.empty();
}

/// Of an answer that was cut off before its server told how much it was: its events. Those that
/// bring no token (roles, ends, signs of life) are counted too, so what was told comes before it.
std::optional<std::uint64_t> counted_tokens(const TrafficRecord& record) {
  const bool was_cut = record.outcome != Outcome::Complete && record.outcome != Outcome::Refused;
  const auto& told = record.usage.output_tokens;
  const bool may_count = was_cut && (!told || told_a_beginning_alone(record));
  const std::uint64_t counted = record.tokens.pieces;
  return may_count && counted > told.value_or(0) ? std::optional(counted) : std::nullopt;
}

std::string metadata_of(const TrafficRecord& record) {
  nlohmann::json metadata;
  if (!record.selector.empty()) {
    metadata["selector"] = cut(record.selector, LongestText);
  }
  if (counted_tokens(record)) {
    metadata["output_tokens"] = "counted";
  }
  constexpr auto Replace = nlohmann::json::error_handler_t::replace;
  return metadata.empty() ? std::string() : metadata.dump(-1, ' ', false, Replace);
}

/// When it ended by the wall clock, which may have been set meanwhile.
std::chrono::system_clock::time_point end_of(const TrafficRecord& record) {
  const auto duration =
      record.finished == Never ? Clock::duration(0) : record.finished - record.received;
  return std::chrono::floor<std::chrono::milliseconds>(
      record.received_at +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(duration));
}

void take_usage(const Usage& usage, ActivityRow& row) {
  row.cached_tokens = count_of(usage.cached_tokens);
  row.draft_tokens = count_of(usage.draft_tokens);
  row.draft_accepted_tokens = count_of(usage.draft_accepted_tokens);
  row.input_tokens = count_of(usage.input_tokens, 0);
  row.output_tokens = count_of(usage.output_tokens, 0);
  row.prompt_per_second = usage.prompt_per_second.value_or(Unknown);
  row.tokens_per_second = usage.tokens_per_second.value_or(Unknown);
  row.cache_creation_tokens = count_of(usage.cache_creation_tokens);
  row.reasoning_tokens = count_of(usage.reasoning_tokens);
  row.audio_seconds = usage.audio_seconds.value_or(Unknown);
  row.stop_reason = cut(usage.stop_reason, LongestText);
}

}  // namespace

ActivityRow row_of(const TrafficRecord& record) {
  ActivityRow row;
  row.at = end_of(record);
  row.model = cut(record.model, LongestText);
  // Under /upstream what stands behind the model, as in the references.
  row.path = cut(record.source == Source::Passthrough ? record.endpoint : record.path, LongestPath);
  row.content_type = cut(record.response_content_type, LongestText);
  row.status = record.status;
  row.duration_ms = duration_of(record);
  row.error = error_of(record);
  row.metadata = metadata_of(record);
  row.request_id = cut(record.id, LongestText);
  row.method = cut(record.method, LongestText);
  row.endpoint = cut(record.endpoint, LongestPath);
  row.requested_model = cut(record.requested_model, LongestText);
  row.peer = cut(record.peer, LongestText);
  row.key_name = cut(record.key_name, LongestText);
  row.client = cut(record.client, LongestText);
  row.user_agent = cut(record.user_agent, LongestText);
  row.session = cut(record.session, LongestText);
  row.outcome = name_of(record.outcome);
  row.streamed = record.streamed;
  row.first_byte_ms = between(record.received, record.first_byte);
  row.first_token_ms = between(record.received, record.tokens.first);
  row.token_gap_ms = token_gap(record.tokens);
  row.queue_ms = queue_time(record);
  row.request_bytes = bounded(record.request_bytes);
  row.response_bytes = bounded(record.response_bytes);
  take_usage(record.usage, row);
  if (const auto counted = counted_tokens(record)) {
    row.output_tokens = bounded(*counted);
  }
  return row;
}

}  // namespace llmsnap::store
