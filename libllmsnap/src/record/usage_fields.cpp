#include "record/usage_fields.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <optional>

namespace llmsnap::record {
namespace {

using simdjson::dom::object;

std::optional<std::uint64_t> count_of(const object& from, std::string_view key) {
  std::uint64_t value = 0;
  if (from[key].get(value) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return value;
}

// The first of these keys that is there.
std::optional<std::uint64_t> count_of(const object& from,
                                      std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (const auto value = count_of(from, key)) {
      return value;
    }
  }
  return std::nullopt;
}

std::optional<double> number_of(const object& from, std::string_view key) {
  double value = 0;
  if (from[key].get(value) != simdjson::SUCCESS || value < 0) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint64_t> count_within(const object& from, std::string_view parent,
                                          std::string_view key) {
  object inner;
  if (from[parent].get(inner) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return count_of(inner, key);
}

// Of the first parent in which it is.
std::optional<std::uint64_t> count_within(const object& from,
                                          std::initializer_list<std::string_view> parents,
                                          std::string_view key) {
  for (const std::string_view parent : parents) {
    if (const auto value = count_within(from, parent, key)) {
      return value;
    }
  }
  return std::nullopt;
}

template <typename T>
void replace(std::optional<T>& slot, const std::optional<T>& value) {
  if (value) {
    slot = value;
  }
}

void raise(std::optional<std::uint64_t>& slot, const std::optional<std::uint64_t>& value) {
  if (value && (*value > 0 || !slot)) {
    slot = value;
  }
}

// False where there are none.
bool read_counts(const object& from, Usage& usage) {
  const auto input = count_of(from, {"prompt_tokens", "input_tokens"});
  const auto output = count_of(from, {"completion_tokens", "output_tokens"});
  raise(usage.input_tokens, input);
  raise(usage.output_tokens, output);
  return input || output;
}

// What was counted comes before what is billed, which may be searches alone.
bool read_cohere(const object& from, Usage& usage) {
  for (const std::string_view key : {"tokens", "billed_units"}) {
    object inner;
    if (from[key].get(inner) == simdjson::SUCCESS && read_counts(inner, usage)) {
      return true;
    }
  }
  return false;
}

}  // namespace

void read_usage(std::string_view object_text, Usage& usage) {
  simdjson::dom::parser parser;
  object from;
  if (parser.parse(object_text.data(), object_text.size()).get(from) != simdjson::SUCCESS) {
    return;
  }
  if (!read_counts(from, usage) && !read_cohere(from, usage)) {
    raise(usage.input_tokens, count_of(from, "total_tokens"));
  }
  auto cached = count_of(from, "cache_read_input_tokens");
  if (!cached) {
    cached = count_within(from, {"input_tokens_details", "prompt_tokens_details"}, "cached_tokens");
  }
  raise(usage.cached_tokens, cached);
  raise(usage.cache_creation_tokens, count_of(from, "cache_creation_input_tokens"));
  auto reasoning = count_within(from, {"completion_tokens_details", "output_tokens_details"},
                                "reasoning_tokens");
  if (!reasoning) {
    reasoning = count_of(from, "reasoning_tokens");
  }
  raise(usage.reasoning_tokens, reasoning);
  replace(usage.audio_seconds, number_of(from, "seconds"));
}

void read_meta(std::string_view object_text, Usage& usage) {
  simdjson::dom::parser parser;
  object from;
  if (parser.parse(object_text.data(), object_text.size()).get(from) == simdjson::SUCCESS) {
    read_cohere(from, usage);
  }
}

bool read_timings(std::string_view object_text, Usage& usage) {
  if (object_text.empty()) {
    return false;
  }
  simdjson::dom::parser parser;
  object from;
  if (parser.parse(object_text.data(), object_text.size()).get(from) != simdjson::SUCCESS) {
    return false;
  }
  replace(usage.input_tokens, count_of(from, "prompt_n"));
  replace(usage.output_tokens, count_of(from, "predicted_n"));
  replace(usage.cached_tokens, count_of(from, "cache_n"));
  replace(usage.prompt_per_second, number_of(from, "prompt_per_second"));
  replace(usage.tokens_per_second, number_of(from, "predicted_per_second"));
  const auto prompt = number_of(from, "prompt_ms");
  const auto predicted = number_of(from, "predicted_ms");
  if (prompt || predicted) {
    usage.inference_time =
        std::chrono::duration<double, std::milli>(prompt.value_or(0) + predicted.value_or(0));
  }
  const auto drafted = count_of(from, "draft_n");
  const auto accepted = count_of(from, "draft_n_accepted");
  if (drafted && accepted) {
    usage.draft_tokens = drafted;
    usage.draft_accepted_tokens = accepted;
  }
  return true;
}

void read_metrics(std::string_view object_text, Usage& usage) {
  simdjson::dom::parser parser;
  object from;
  if (parser.parse(object_text.data(), object_text.size()).get(from) != simdjson::SUCCESS) {
    return;
  }
  const auto drafted = count_within(from, "speculative_decoding", "num_draft_tokens");
  const auto accepted = count_within(from, "speculative_decoding", "num_accepted_draft_tokens");
  if (drafted && accepted) {
    usage.draft_tokens = drafted;
    usage.draft_accepted_tokens = accepted;
  }
  const auto first_token_ms = number_of(from, "time_to_first_token_ms");
  if (first_token_ms && *first_token_ms > 0 && usage.input_tokens) {
    const std::uint64_t cached = std::min(usage.cached_tokens.value_or(0), *usage.input_tokens);
    usage.prompt_per_second =
        static_cast<double>(*usage.input_tokens - cached) / (*first_token_ms / 1000);
  }
  const auto between_tokens_ms = number_of(from, "mean_itl_ms");
  if (between_tokens_ms && *between_tokens_ms > 0) {
    usage.tokens_per_second = 1000 / *between_tokens_ms;
  }
}

void read_counted_tokens(std::string_view number, Usage& usage) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc() && end == number.data() + number.size()) {
    usage.input_tokens = value;
  }
}

}  // namespace llmsnap::record
