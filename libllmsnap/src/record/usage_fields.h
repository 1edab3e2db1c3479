// Reads the JSON objects that servers report usage in.
// Thread rule: pure functions. Each takes the text of one object; one that is not JSON changes
// nothing.
#pragma once

#include <string_view>

#include "llmsnap/traffic_record.h"

namespace llmsnap::record {

/// `usage` of OpenAI, Anthropic and all who copy them, Cohere's second version among them. A zero
/// does not replace a count that is known already: Anthropic's last event repeats only what has
/// changed. Where there is but a total (rerankers), it is that of the input.
void read_usage(std::string_view object_text, Usage& usage);

/// Cohere's `meta`, where its first version and its rerankers tell what they counted.
void read_meta(std::string_view object_text, Usage& usage);

/// llama.cpp's `timings`. They are its last word: counts replace those of `usage`. False where
/// there are none.
bool read_timings(std::string_view object_text, Usage& usage);

/// vLLM's `metrics`; the prompt's rate is reckoned from the counts in `usage`, so read those first.
void read_metrics(std::string_view object_text, Usage& usage);

/// The number in the answer to a count_tokens request.
void read_counted_tokens(std::string_view number, Usage& usage);

}  // namespace llmsnap::record
