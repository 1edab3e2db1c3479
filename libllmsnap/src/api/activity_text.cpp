#include "api/activity_text.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "base/timestamp.h"

namespace llmsnap::api {
namespace {

using Json = nlohmann::ordered_json;

/// Clients and servers may have sent what is not UTF-8.
void append(const Json& json, std::string& out) {
  out += json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json tokens_json(const store::ActivityRow& row) {
  return {{"cache_tokens", row.cached_tokens},
          {"draft_tokens", row.draft_tokens},
          {"draft_acc_tokens", row.draft_accepted_tokens},
          {"input_tokens", row.input_tokens},
          {"output_tokens", row.output_tokens},
          {"prompt_per_second", row.prompt_per_second},
          {"tokens_per_second", row.tokens_per_second},
          {"cache_creation_tokens", row.cache_creation_tokens},
          {"reasoning_tokens", row.reasoning_tokens}};
}

Json own_json(const store::ActivityRow& row) {
  return {{"request_id", row.request_id},
          {"method", row.method},
          {"requested_model", row.requested_model},
          {"peer", row.peer},
          {"endpoint", row.endpoint},
          {"key_name", row.key_name},
          {"session", row.session},
          {"client", row.client},
          {"user_agent", row.user_agent},
          {"outcome", row.outcome},
          {"stop_reason", row.stop_reason},
          {"streamed", row.streamed},
          {"first_byte_ms", row.first_byte_ms},
          {"ttft_ms", row.first_token_ms},
          {"inter_token_ms", row.token_gap_ms},
          {"queue_ms", row.queue_ms},
          {"audio_seconds", row.audio_seconds},
          {"req_bytes", row.request_bytes},
          {"resp_bytes", row.response_bytes}};
}

Json histogram_json(const std::optional<store::SpeedHistogram>& histogram) {
  if (!histogram) {
    return nullptr;
  }
  return {{"bins", histogram->bins},        {"min", histogram->min}, {"max", histogram->max},
          {"binSize", histogram->bin_size}, {"p50", histogram->p50}, {"p95", histogram->p95},
          {"p99", histogram->p99}};
}

/// Adds fields of a line with commas between them.
class CsvLine {
 public:
  explicit CsvLine(std::string& out) : out_(out) {}

  void text(std::string_view value) {
    begin_field();
    const bool is_formula = value.find_first_of("=+-@\t\r\n") == 0;
    if (!is_formula && value.find_first_of("\",\r\n") == std::string_view::npos) {
      out_ += value;
      return;
    }
    out_ += is_formula ? "\"'" : "\"";
    for (const char c : value) {
      out_.append(c == '"' ? 2 : 1, c);
    }
    out_ += '"';
  }
  template <typename Number>
  void number(Number value) {
    begin_field();
    fmt::format_to(std::back_inserter(out_), "{}", value);
  }
  void end() { out_ += "\r\n"; }

 private:
  void begin_field() {
    if (!is_first_) {
      out_ += ',';
    }
    is_first_ = false;
  }

  std::string& out_;
  bool is_first_ = true;
};

}  // namespace

void append_activity_json(const store::ActivityRow& row, bool has_capture, std::string& out) {
  Json json = {{"id", row.id},
               {"timestamp", utc_timestamp(row.at)},
               {"model", row.model},
               {"req_path", row.path},
               {"resp_content_type", row.content_type},
               {"resp_status_code", row.status},
               {"tokens", tokens_json(row)},
               {"duration_ms", row.duration_ms},
               {"has_capture", has_capture}};
  if (!row.error.empty()) {
    json["error_msg"] = row.error;
  }
  Json metadata = Json::parse(row.metadata, nullptr, false);
  if (metadata.is_object() && !metadata.empty()) {
    json["metadata"] = std::move(metadata);
  }
  json.update(own_json(row));
  append(json, out);
}

void append_metrics_json(const store::ActivityRow& row, bool has_capture, std::string& out) {
  append({{"id", row.id},
          {"timestamp", utc_timestamp(row.at)},
          {"model", row.model},
          {"cache_tokens", row.cached_tokens},
          {"input_tokens", row.input_tokens},
          {"output_tokens", row.output_tokens},
          {"prompt_per_second", row.prompt_per_second},
          {"tokens_per_second", row.tokens_per_second},
          {"duration_ms", row.duration_ms},
          {"has_capture", has_capture}},
         out);
}

std::string newest_metrics_json(store::ActivityStore& activity, std::size_t most,
                                const std::function<bool(std::uint64_t)>& has_capture) {
  const auto count = static_cast<std::int64_t>(most);
  const auto first = activity.first_of_last(count);
  const auto rows = first ? activity.from(*first, {}, count)
                          : Result<std::vector<store::ActivityRow>>(first.error());
  std::string text = "[";
  if (rows) {
    for (const store::ActivityRow& row : *rows) {
      text += text.size() > 1 ? "," : "";
      append_metrics_json(row, has_capture(row.id), text);
    }
  }
  return text + "]";
}

std::string_view csv_header() {
  return "id,timestamp,model,method,req_path,resp_status_code,resp_content_type,cache_tokens,"
         "draft_tokens,draft_acc_tokens,input_tokens,output_tokens,prompt_per_second,"
         "tokens_per_second,duration_ms,error_msg,metadata,request_id,requested_model,peer,"
         "endpoint,key_name,session,client,user_agent,outcome,stop_reason,streamed,first_byte_ms,"
         "ttft_ms,inter_token_ms,queue_ms,cache_creation_tokens,reasoning_tokens,audio_seconds,"
         "req_bytes,resp_bytes\r\n";
}

void append_csv_line(const store::ActivityRow& row, std::string& out) {
  CsvLine line(out);
  line.number(row.id);
  line.text(utc_timestamp(row.at));
  line.text(row.model);
  line.text(row.method);
  line.text(row.path);
  line.number(row.status);
  line.text(row.content_type);
  for (const std::int64_t count : {row.cached_tokens, row.draft_tokens, row.draft_accepted_tokens,
                                   row.input_tokens, row.output_tokens}) {
    line.number(count);
  }
  line.number(row.prompt_per_second);
  line.number(row.tokens_per_second);
  line.number(row.duration_ms);
  for (const std::string& text :
       {row.error, row.metadata, row.request_id, row.requested_model, row.peer, row.endpoint,
        row.key_name, row.session, row.client, row.user_agent, row.outcome, row.stop_reason}) {
    line.text(text);
  }
  line.text(row.streamed ? "true" : "false");
  for (const double milliseconds :
       {row.first_byte_ms, row.first_token_ms, row.token_gap_ms, row.queue_ms}) {
    line.number(milliseconds);
  }
  line.number(row.cache_creation_tokens);
  line.number(row.reasoning_tokens);
  line.number(row.audio_seconds);
  line.number(row.request_bytes);
  line.number(row.response_bytes);
  line.end();
}

std::string stats_json(const store::ActivityStats& stats, const store::DroppedRows& dropped,
                       const std::optional<std::string>& fault) {
  std::string out;
  append({{"total_requests", stats.requests},
          {"total_input_tokens", stats.input_tokens},
          {"total_output_tokens", stats.output_tokens},
          {"total_cache_tokens", stats.cached_tokens},
          {"prompt_histogram", histogram_json(stats.prompt_speeds)},
          {"gen_histogram", histogram_json(stats.output_speeds)},
          {"dropped",
           {{"requests", dropped.requests},
            {"input_tokens", dropped.input_tokens},
            {"output_tokens", dropped.output_tokens}}},
          {"store_fault", fault ? Json(*fault) : Json(nullptr)}},
         out);
  return out;
}

}  // namespace llmsnap::api
