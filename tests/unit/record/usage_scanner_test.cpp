#include "record/usage_scanner.h"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "catch.h"

using llmsnap::Usage;
using llmsnap::record::UsageScanner;
using Format = UsageScanner::Format;

namespace {

// All of a Usage as one text, so that a test compares at a glance.
std::string text_of(const Usage& usage) {
  std::string text;
  const auto add = [&text](const char* name, const auto& value) {
    if (value) {
      std::string number = std::to_string(*value);
      if (number.find('.') != std::string::npos) {
        number.erase(number.find('.') + 3);
      }
      text += std::string(text.empty() ? "" : " ") + name + '=' + number;
    }
  };
  add("in", usage.input_tokens);
  add("out", usage.output_tokens);
  add("cached", usage.cached_tokens);
  add("created", usage.cache_creation_tokens);
  add("reasoning", usage.reasoning_tokens);
  add("audio", usage.audio_seconds);
  add("draft", usage.draft_tokens);
  add("accepted", usage.draft_accepted_tokens);
  add("prompt/s", usage.prompt_per_second);
  add("tokens/s", usage.tokens_per_second);
  if (usage.inference_time) {
    add("ms", std::optional<double>(usage.inference_time->count()));
  }
  if (!usage.stop_reason.empty()) {
    text += (text.empty() ? "stop=" : " stop=") + usage.stop_reason;
  }
  return text;
}

std::string scan(Format format, std::string_view answer, std::size_t piece_size) {
  UsageScanner scanner(format);
  while (!answer.empty()) {
    // A copy of its own for each piece: a look beyond it is seen by the sanitizer.
    const std::string piece(answer.substr(0, piece_size));
    scanner.feed(piece);
    answer.remove_prefix(piece.size());
  }
  return text_of(scanner.finish());
}

std::string scan_split_at(Format format, std::string_view answer, std::size_t at) {
  UsageScanner scanner(format);
  const std::string first(answer.substr(0, at));
  const std::string second(answer.substr(at));
  scanner.feed(first);
  scanner.feed(second);
  return text_of(scanner.finish());
}

struct Case {
  const char* name;
  Format format;
  std::string_view answer;
  const char* usage;
};

const Case Cases[] = {
    {"OpenAI chat stream that includes usage", Format::EventStream,
     R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0}}}

data: [DONE]

)",
     "in=19 out=10 cached=4 stop=stop"},
    {"OpenAI chat stream without usage", Format::EventStream,
     R"(data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}

data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}

data: [DONE]

)",
     "stop=length"},
    {"stream with Python's spaces and CRLF", Format::EventStream,
     "data: {\"choices\": [{\"delta\": {}, \"finish_reason\": \"tool_calls\"}]}\r\n\r\n"
     "data: {\"choices\": [], \"usage\" : {\"prompt_tokens\": 3, \"completion_tokens\": 2}}\r\n\r\n"
     "data: [DONE]\r\n\r\n",
     "in=3 out=2 stop=tool_calls"},
    {"llama.cpp stream with timings in the last chunk", Format::EventStream,
     R"(data: {"choices":[{"finish_reason":null,"index":0,"delta":{"content":"Hello"}}],"created":1,"id":"c","model":"m","object":"chat.completion.chunk"}

data: {"choices":[{"finish_reason":"stop","index":0,"delta":{}}],"created":1,"id":"c","model":"m","object":"chat.completion.chunk","usage":{"completion_tokens":12,"prompt_tokens":40,"total_tokens":52},"timings":{"cache_n":30,"prompt_n":10,"prompt_ms":50.5,"prompt_per_token_ms":5.05,"prompt_per_second":198.02,"predicted_n":12,"predicted_ms":120.25,"predicted_per_token_ms":10.02,"predicted_per_second":99.79,"draft_n":30,"draft_n_accepted":12}}

data: [DONE]

)",
     "in=10 out=12 cached=30 draft=30 accepted=12 prompt/s=198.02 tokens/s=99.79 ms=170.75 "
     "stop=stop"},
    {"timings for each token, the last ones count", Format::EventStream,
     R"(data: {"choices":[],"timings":{"prompt_n":5,"predicted_n":1,"predicted_per_second":10.5}}

data: {"choices":[],"timings":{"prompt_n":5,"predicted_n":2,"predicted_per_second":20.5}}

data: {"choices":[],"usage":{"prompt_tokens":50,"completion_tokens":60}}

)",
     "in=5 out=2 tokens/s=20.50"},
    {"Anthropic stream", Format::EventStream,
     R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"claude","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":7,"cache_read_input_tokens":11,"output_tokens":1}}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"the \"usage\": {\"input_tokens\": 99}"}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":0,"output_tokens":15}}

event: message_stop
data: {"type":"message_stop"}

)",
     "in=25 out=15 cached=11 created=7 stop=end_turn"},
    {"Responses API stream", Format::EventStream,
     R"(event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","status":"in_progress","output":[],"usage":null}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","delta":"Hi"}

event: response.completed
data: {"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Hi","usage":{"input_tokens":1000}}]}],"usage":{"input_tokens":37,"input_tokens_details":{"cached_tokens":8},"output_tokens":11,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":48},"user":null,"metadata":{}}}

)",
     "in=37 out=11 cached=8 reasoning=0"},
    {"vLLM stream with continuous usage and metrics at the end", Format::EventStream,
     R"(data: {"choices":[{"delta":{"content":"a"},"finish_reason":null}],"usage":{"prompt_tokens":42,"completion_tokens":1}}

data: {"choices":[],"usage":{"prompt_tokens":42,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":20}},"metrics":{"time_to_first_token_ms":85.2,"mean_itl_ms":9.1,"speculative_decoding":{"num_draft_tokens":20,"num_accepted_draft_tokens":14}}}

data: [DONE]
)",
     "in=42 out=9 cached=20 draft=20 accepted=14 prompt/s=258.21 tokens/s=109.89"},
    {"stream whose last line has no end", Format::EventStream,
     R"(data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}})", "in=1 out=2"},
    {"stream that broke inside the usage", Format::EventStream,
     R"(data: {"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"comple)",
     "stop=stop"},
    {"stream with lines that are not data", Format::EventStream,
     R"(: "usage":{"prompt_tokens":1}
event: {"usage":{"prompt_tokens":2}}
xdata: {"usage":{"prompt_tokens":3}}
data:{"usage":{"prompt_tokens":4}}
DATA: {"usage":{"prompt_tokens":5}}
data: not JSON "usage":{"prompt_tokens":6}
)",
     "in=4"},
    {"stream with only [DONE]", Format::EventStream, "data: [DONE]\n\n", ""},
    {"strings and places that only look like usage", Format::EventStream,
     R"(data: {"choices":[{"delta":{"content":"\"usage\":{\"prompt_tokens\":1}"},"usage":{"prompt_tokens":2}}],"x":{"usage":{"prompt_tokens":3}},"timings":null}
data: {"text":"a\\","usage":[{"usage":{"prompt_tokens":4}}],"usage ":{"prompt_tokens":5},"Usage":{"prompt_tokens":6}}
data: {"a":"usage","b":{"usage":7},"choices":[{"delta":{"finish_reason":"x","stop_reason":"y"}}]}
)",
     ""},
    {"OpenAI chat answer", Format::Json,
     R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"say \"usage\": {\"prompt_tokens\": 1}"},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":4}},"service_tier":"default"})",
     "in=9 out=12 cached=4 stop=stop"},
    {"indented answer", Format::Json,
     "{\n  \"choices\" : [ { \"finish_reason\" : \"stop\" } ],\n  \"usage\"\n:\n "
     "{\n\"prompt_tokens\": 1,\n"
     "\"completion_tokens\": 2 }\n}\n",
     "in=1 out=2 stop=stop"},
    {"Anthropic answer", Format::Json,
     R"({"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"Hi"}],"model":"m","stop_reason":"max_tokens","stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":6}})",
     "in=5 out=6 stop=max_tokens"},
    {"llama.cpp completion", Format::Json,
     R"({"index":0,"content":"x","stop":true,"generation_settings":{"n":1},"stop_type":"limit","timings":{"prompt_n":5,"predicted_n":9,"prompt_ms":1.0,"predicted_ms":2.0}})",
     "in=5 out=9 ms=3.00 stop=limit"},
    {"llama.cpp infill: the last element counts", Format::Json,
     R"([{"content":"a","timings":{"prompt_n":1,"predicted_n":2}},{"content":"b","timings":{"prompt_n":5,"predicted_n":9}}])",
     "in=5 out=9"},
    {"embeddings with usage before the data", Format::Json,
     R"({"model":"m","object":"list","usage":{"prompt_tokens":8,"total_tokens":8},"data":[{"embedding":[0.1,-2e-3,3],"index":0}]})",
     "in=8"},
    {"count_tokens", Format::Json, R"({"input_tokens":2095})", "in=2095"},
    {"vLLM answer whose speculative counters are half there", Format::Json,
     R"({"metrics":{"time_to_first_token_ms":70,"mean_itl_ms":10,"speculative_decoding":{"num_draft_tokens":3}},"usage":{"prompt_tokens":14,"completion_tokens":3}})",
     "in=14 out=3 prompt/s=200.00 tokens/s=100.00"},
    {"numbers that are none", Format::Json,
     R"({"usage":{"prompt_tokens":-1,"completion_tokens":"5","cache_read_input_tokens":null}})",
     ""},
    {"usage in seconds", Format::Json, R"({"text":"x","usage":{"type":"duration","seconds":3}})",
     "audio=3.00"},
    {"tokens of a transcription", Format::Json,
     R"({"text":"x","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":0,"audio_tokens":14},"output_tokens":45,"total_tokens":59}})",
     "in=14 out=45"},
    {"transcription as a stream", Format::EventStream,
     R"(data: {"type":"transcript.text.delta","delta":"I"}

data: {"type":"transcript.text.done","text":"I see","usage":{"input_tokens":14,"output_tokens":2}}

)",
     "in=14 out=2"},
    {"OpenAI chat answer with reasoning", Format::Json,
     R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12,"completion_tokens_details":{"reasoning_tokens":8,"accepted_prediction_tokens":0}}})",
     "in=9 out=12 reasoning=8"},
    {"Responses API answer", Format::Json,
     R"({"object":"response","output":[],"usage":{"input_tokens":75,"input_tokens_details":{"cached_tokens":3},"output_tokens":1186,"output_tokens_details":{"reasoning_tokens":1024},"total_tokens":1261}})",
     "in=75 out=1186 cached=3 reasoning=1024"},
    {"image", Format::Json,
     R"({"created":1,"data":[{"b64_json":"AAAA"}],"usage":{"total_tokens":100,"input_tokens":50,"output_tokens":50,"input_tokens_details":{"text_tokens":10,"image_tokens":40}}})",
     "in=50 out=50"},
    {"rerank of Jina and vLLM: a total alone", Format::Json,
     R"({"model":"m","results":[{"index":0,"relevance_score":0.9}],"usage":{"total_tokens":15}})",
     "in=15"},
    {"rerank of llama.cpp", Format::Json,
     R"({"model":"m","object":"list","usage":{"prompt_tokens":48,"total_tokens":48},"results":[{"index":0,"relevance_score":-1.5}]})",
     "in=48"},
    {"rerank of Cohere that bills searches", Format::Json,
     R"({"results":[],"meta":{"api_version":{"version":"2"},"tokens":{"input_tokens":11,"output_tokens":0},"billed_units":{"search_units":1}}})",
     "in=11 out=0"},
    {"embeddings of Cohere", Format::Json,
     R"({"embeddings":[[0.1]],"meta":{"billed_units":{"input_tokens":2}}})", "in=2"},
    {"chat of Cohere", Format::Json,
     R"({"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":5,"output_tokens":418},"tokens":{"input_tokens":71,"output_tokens":420}}})",
     "in=71 out=420"},
    {"lines of JSON", Format::Lines,
     R"({"choices":[{"delta":{"content":"a"},"finish_reason":null}]}
{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":3}}
)",
     "in=2 out=3 stop=stop"},
    {"broken JSON", Format::Json, R"(}}]]{"usage":{"prompt_tokens":1}}"{)", "in=1"},
    {"unclosed usage", Format::Json, R"({"usage":{"prompt_tokens":1)", ""},
    {"nothing", Format::Json, "", ""},
};

}  // namespace

TEST_CASE("usage is found in what real servers send, however the bytes arrive", "[record]") {
  for (const Case& row : Cases) {
    INFO(row.name);
    CHECK(scan(row.format, row.answer, row.answer.size() + 1) == row.usage);
    for (std::size_t size = 1; size < 9; ++size) {
      CHECK(scan(row.format, row.answer, size) == row.usage);
    }
    std::size_t wrong = 0;
    for (std::size_t at = 0; at <= row.answer.size(); ++at) {
      wrong += scan_split_at(row.format, row.answer, at) == row.usage ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("an answer that is not read tells nothing", "[record]") {
  CHECK(scan(Format::None, R"({"usage":{"prompt_tokens":1}})", 5).empty());
}

TEST_CASE("the type decides what an answer is read as", "[record]") {
  struct Row {
    const char* type;
    Format format;
  };
  const Row row = GENERATE(values<Row>({{"text/event-stream", Format::EventStream},
                                        {"Text/Event-Stream; charset=utf-8", Format::EventStream},
                                        {"application/json", Format::Json},
                                        {"application/json;charset=utf-8", Format::Json},
                                        {"application/x-ndjson", Format::Lines},
                                        {"application/jsonl", Format::None},
                                        {"text/plain", Format::None},
                                        {"", Format::None}}));
  INFO(row.type);
  CHECK(UsageScanner::format_of(row.type) == row.format);
}

TEST_CASE("usage is found behind a long event and in a long answer", "[record]") {
  const std::string text(300'000, 'x');
  const std::string event =
      "data: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"text\":\"" + text +
      "\"}],\"usage\":{\"input_tokens\":7,\"output_tokens\":8}}}\n\n";
  CHECK(scan(Format::EventStream, event, event.size()) == "in=7 out=8");
  CHECK(scan(Format::EventStream, event, 4096) == "in=7 out=8");

  std::string numbers = "{\"data\":[";
  for (int i = 0; i < 100'000; ++i) {
    numbers += "0.125,";
  }
  numbers += "0],\"usage\":{\"prompt_tokens\":9}}";
  CHECK(scan(Format::Json, numbers, 16'384) == "in=9");
}

TEST_CASE("a usage object of absurd size is passed over", "[record]") {
  const std::string answer = R"({"usage":{"prompt_tokens":1,"x":")" + std::string(100'000, 'x') +
                             R"("},"timings":{"prompt_n":3}})";
  CHECK(scan(Format::Json, answer, answer.size()) == "in=3");
  CHECK(scan(Format::Json, answer, 1000) == "in=3");
}

TEST_CASE("on any bytes the division makes no difference", "[record]") {
  // The quick look at whole lines and the slow walk over divided ones must agree on garbage, too.
  const std::string_view parts[] = {"data:",
                                    "\n",
                                    "\r\n",
                                    "\"usage\"",
                                    ":",
                                    "{",
                                    "}",
                                    "[",
                                    "]",
                                    ",",
                                    "\"",
                                    "\\",
                                    " ",
                                    "1",
                                    "\"prompt_tokens\":7",
                                    "\"timings\"",
                                    "\"prompt_n\":8",
                                    "\"response\"",
                                    "\"finish_reason\"",
                                    "\"choices\":[{",
                                    "\"stop\"",
                                    "\"delta\":{",
                                    "\"stop_reason\":",
                                    "\"metrics\":{\"mean_itl_ms\":5}",
                                    "\"input_tokens\":",
                                    "data: {",
                                    "\"usage\":{\"prompt_tokens\":3}"};
  std::mt19937 random(4711);
  std::uniform_int_distribution<std::size_t> part(0, std::size(parts) - 1);
  int found = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string answer;
    for (int i = 0; i < 24; ++i) {
      answer += parts[part(random)];
    }
    for (const Format format : {Format::EventStream, Format::Lines, Format::Json}) {
      const std::string whole = scan(format, answer, answer.size());
      found += whole.empty() ? 0 : 1;
      const bool same = scan(format, answer, 1) == whole && scan(format, answer, 5) == whole &&
                        scan_split_at(format, answer, round % answer.size()) == whole;
      if (!same) {
        FAIL(answer);
      }
    }
  }
  CHECK(found > 100);
}
