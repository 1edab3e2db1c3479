// The columns of a stored row in one order, for statements that write rows and that read them.
// Thread rule: pure functions.
#pragma once

#include <string_view>

#include "store/activity_row.h"

namespace llmsnap::store {

inline constexpr std::string_view ColumnNames =
    "id, ts_created, ts_millis, model_id, req_path, resp_content_type, resp_status_code, "
    "cache_tokens, draft_tokens, draft_acc_tokens, input_tokens, output_tokens, "
    "prompt_per_second, tokens_per_second, duration_ms, error_msg, metadata_json, request_id, "
    "method, endpoint, requested_model, peer, key_name, client, user_agent, session, outcome, "
    "stop_reason, streamed, first_byte_ms, first_token_ms, token_gap_ms, queue_ms, "
    "cache_creation_tokens, reasoning_tokens, audio_seconds, request_bytes, response_bytes";

/// Of `id` and the two parts of the time, which come before the columns of for_each_column.
inline constexpr int IdPlace = 0;
inline constexpr int SecondsPlace = 1;
inline constexpr int MillisPlace = 2;
inline constexpr int FirstPlace = 3;

/// `each` is called with the members of the row in the order of ColumnNames.
template <typename Row, typename Each>
void for_each_column(Row& row, Each& each) {
  each(row.model);
  each(row.path);
  each(row.content_type);
  each(row.status);
  each(row.cached_tokens);
  each(row.draft_tokens);
  each(row.draft_accepted_tokens);
  each(row.input_tokens);
  each(row.output_tokens);
  each(row.prompt_per_second);
  each(row.tokens_per_second);
  each(row.duration_ms);
  each(row.error);
  each(row.metadata);
  each(row.request_id);
  each(row.method);
  each(row.endpoint);
  each(row.requested_model);
  each(row.peer);
  each(row.key_name);
  each(row.client);
  each(row.user_agent);
  each(row.session);
  each(row.outcome);
  each(row.stop_reason);
  each(row.streamed);
  each(row.first_byte_ms);
  each(row.first_token_ms);
  each(row.token_gap_ms);
  each(row.queue_ms);
  each(row.cache_creation_tokens);
  each(row.reasoning_tokens);
  each(row.audio_seconds);
  each(row.request_bytes);
  each(row.response_bytes);
}

}  // namespace llmsnap::store
