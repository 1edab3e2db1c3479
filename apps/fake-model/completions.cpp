#include "completions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>
#include <utility>

#include "json_scan.h"

namespace fake_model {
namespace {

constexpr std::array<std::string_view, 12> Words = {"This ", "answer ", "comes ",  "from ",
                                                    "a ",    "fake ",   "model, ", "one ",
                                                    "word ", "at ",     "a ",      "time. "};

enum class Dialect { Chat, Text, Anthropic };

// One generation: what was asked, and how far it has come.
struct Generation {
  Dialect dialect = Dialect::Chat;
  std::string model;  // as JSON text: the name the client used, which is what real servers echo
  std::size_t tokens = 0;
  std::size_t done = 0;
  std::size_t prompt_tokens = 0;
  bool cut_short = false;  // the client's limit is below our length
  std::chrono::steady_clock::time_point begun{};
  std::chrono::nanoseconds planned{0};
  std::time_t created = 0;
};

std::string_view word(std::size_t index) {
  return Words[index % Words.size()];
}

Generation plan(const Model& model, const Request& request, Dialect dialect) {
  Generation g;
  g.dialect = dialect;
  const std::string_view body = request.body;
  const auto named = json_text(body, "model");
  g.model = named ? fmt::format("\"{}\"", *named) : json_quote(model.name);
  g.tokens = model.tokens;
  for (const std::string_view key : {"max_tokens", "max_completion_tokens", "n_predict"}) {
    if (const auto limit = json_count(body, key); limit && *limit < g.tokens) {
      g.tokens = *limit;
      g.cut_short = true;
    }
  }
  // Real tokenizers give roughly a token for four bytes.
  g.prompt_tokens = std::max<std::size_t>(1, body.size() / 4);
  g.begun = std::chrono::steady_clock::now();
  g.planned = model.time_per_token() * static_cast<std::int64_t>(g.tokens);
  g.created = std::time(nullptr);
  return g;
}

std::string usage(const Generation& g) {
  return fmt::format(R"("usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}})",
                     g.prompt_tokens, g.tokens, g.prompt_tokens + g.tokens);
}

// llama.cpp's object; `spent` is the time of the tokens, the prompt is said to take 1 ms.
std::string timings(const Generation& g, std::chrono::nanoseconds spent) {
  const double ms = std::max(0.001, std::chrono::duration<double, std::milli>(spent).count());
  const double tokens = static_cast<double>(std::max<std::size_t>(1, g.tokens));
  const double prompt = static_cast<double>(g.prompt_tokens);
  return fmt::format(
      R"("timings":{{"cache_n":0,"prompt_n":{},"prompt_ms":1.0,"prompt_per_token_ms":{:.6f},)"
      R"("prompt_per_second":{:.3f},"predicted_n":{},"predicted_ms":{:.3f},)"
      R"("predicted_per_token_ms":{:.6f},"predicted_per_second":{:.3f}}})",
      g.prompt_tokens, 1.0 / prompt, prompt * 1000.0, g.tokens, ms, ms / tokens,
      static_cast<double>(g.tokens) * 1000.0 / ms);
}

std::string_view finish_reason(const Generation& g) {
  if (g.dialect == Dialect::Anthropic) {
    return g.cut_short ? "max_tokens" : "end_turn";
  }
  return g.cut_short ? "length" : "stop";
}

std::string whole_text(const Generation& g) {
  std::string text;
  for (std::size_t i = 0; i < g.tokens; ++i) {
    text += word(i);
  }
  return text;
}

std::string whole_body(const Generation& g) {
  const std::string text = json_quote(whole_text(g));
  switch (g.dialect) {
    case Dialect::Chat:
      return fmt::format(
          R"({{"id":"chatcmpl-fake","object":"chat.completion","created":{},"model":{},)"
          R"("choices":[{{"index":0,"message":{{"role":"assistant","content":{}}},)"
          R"("finish_reason":"{}"}}],{},{}}})",
          g.created, g.model, text, finish_reason(g), usage(g), timings(g, g.planned));
    case Dialect::Text:
      return fmt::format(
          R"({{"id":"cmpl-fake","object":"text_completion","created":{},"model":{},)"
          R"("choices":[{{"index":0,"text":{},"logprobs":null,"finish_reason":"{}"}}],{},{}}})",
          g.created, g.model, text, finish_reason(g), usage(g), timings(g, g.planned));
    case Dialect::Anthropic:
      break;
  }
  return fmt::format(
      R"({{"id":"msg_fake","type":"message","role":"assistant","model":{},)"
      R"("content":[{{"type":"text","text":{}}}],"stop_reason":"{}","stop_sequence":null,)"
      R"("usage":{{"input_tokens":{},"output_tokens":{}}}}})",
      g.model, text, finish_reason(g), g.prompt_tokens, g.tokens);
}

// One chunk of an OpenAI stream; `choices` is the inside of that array.
void openai_chunk(const Generation& g, std::string_view choices, std::string_view rest,
                  std::string& out) {
  const bool chat = g.dialect == Dialect::Chat;
  fmt::format_to(std::back_inserter(out),
                 "data: {{\"id\":\"{}\",\"object\":\"{}\",\"created\":{},\"model\":{},"
                 "\"choices\":[{}]{}}}\n\n",
                 chat ? "chatcmpl-fake" : "cmpl-fake",
                 chat ? "chat.completion.chunk" : "text_completion", g.created, g.model, choices,
                 rest);
}

bool next_openai_piece(Generation& g, std::string& out) {
  const bool chat = g.dialect == Dialect::Chat;
  if (g.done < g.tokens) {
    const std::string text = json_quote(word(g.done));
    const std::string_view role = g.done == 0 ? R"("role":"assistant",)" : "";
    openai_chunk(
        g,
        chat ? fmt::format(R"({{"index":0,"delta":{{{}"content":{}}},"finish_reason":null}})", role,
                           text)
             : fmt::format(R"({{"index":0,"text":{},"finish_reason":null}})", text),
        "", out);
    ++g.done;
    if (g.done < g.tokens) {
      return true;
    }
  }
  openai_chunk(
      g,
      chat ? fmt::format(R"({{"index":0,"delta":{{}},"finish_reason":"{}"}})", finish_reason(g))
           : fmt::format(R"({{"index":0,"text":"","finish_reason":"{}"}})", finish_reason(g)),
      "", out);
  const auto spent = std::chrono::steady_clock::now() - g.begun;
  openai_chunk(g, "", fmt::format(",{},{}", usage(g), timings(g, spent)), out);
  out += "data: [DONE]\n\n";
  return false;
}

bool next_anthropic_piece(Generation& g, std::string& out) {
  auto to = std::back_inserter(out);
  if (g.done == 0) {
    fmt::format_to(
        to,
        "event: message_start\ndata: {{\"type\":\"message_start\",\"message\":{{\"id\":"
        "\"msg_fake\",\"type\":\"message\",\"role\":\"assistant\",\"model\":{},\"content\":[],"
        "\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{{\"input_tokens\":{},"
        "\"output_tokens\":1}}}}}}\n\n",
        g.model, g.prompt_tokens);
    out +=
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
        "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
        "event: ping\ndata: {\"type\":\"ping\"}\n\n";
  }
  if (g.done < g.tokens) {
    fmt::format_to(to,
                   "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\","
                   "\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":{}}}}}\n\n",
                   json_quote(word(g.done)));
    ++g.done;
    if (g.done < g.tokens) {
      return true;
    }
  }
  out += "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n";
  fmt::format_to(to,
                 "event: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":{{"
                 "\"stop_reason\":\"{}\",\"stop_sequence\":null}},\"usage\":{{\"output_tokens\":"
                 "{}}}}}\n\n",
                 finish_reason(g), g.tokens);
  out += "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
  return false;
}

Answer generate(const Model& model, const Request& request, Dialect dialect) {
  if (!json_member(request.body, "model")) {
    return error_answer(400, "invalid_request_error", "the body is no JSON object with a model");
  }
  Generation generation = plan(model, request, dialect);
  Answer answer;
  if (!json_true(request.body, "stream")) {
    answer.body = whole_body(generation);
    answer.delay = generation.planned;
    return answer;
  }
  answer.content_type = "text/event-stream";
  answer.delay = answer.interval = model.time_per_token();
  answer.next_piece = [g = std::move(generation)](std::string& out) mutable {
    return g.dialect == Dialect::Anthropic ? next_anthropic_piece(g, out)
                                           : next_openai_piece(g, out);
  };
  return answer;
}

}  // namespace

Answer chat_completions(const Model& model, const Request& request) {
  return generate(model, request, Dialect::Chat);
}

Answer completions(const Model& model, const Request& request) {
  return generate(model, request, Dialect::Text);
}

Answer messages(const Model& model, const Request& request) {
  return generate(model, request, Dialect::Anthropic);
}

Answer embeddings(const Model& model, const Request& request) {
  const auto input = json_member(request.body, "input");
  if (!input) {
    return error_answer(400, "invalid_request_error", "the body is no JSON object with an input");
  }
  // An array of numbers is one tokenized text; an array of anything else is one text each.
  std::size_t count = 1;
  const auto first = input->find_first_not_of(" \t\r\n[");
  if (input->front() == '[' && first != std::string_view::npos &&
      ((*input)[first] == '"' || input->find('[', 1) < first)) {
    count = json_elements(*input).value_or(1);
  }
  const auto named = json_text(request.body, "model");
  const std::size_t tokens = std::max<std::size_t>(1, input->size() / 4);
  Answer answer;
  answer.body = R"({"object":"list","data":[)";
  for (std::size_t i = 0; i < count; ++i) {
    fmt::format_to(std::back_inserter(answer.body),
                   R"({}{{"object":"embedding","index":{},"embedding":[0.5,-0.5,0.5,-0.5]}})",
                   i == 0 ? "" : ",", i);
  }
  fmt::format_to(std::back_inserter(answer.body),
                 R"(],"model":{},"usage":{{"prompt_tokens":{},"total_tokens":{}}}}})",
                 named ? fmt::format("\"{}\"", *named) : json_quote(model.name), tokens, tokens);
  return answer;
}

Answer error_answer(int status, std::string_view type, std::string_view message) {
  Answer answer;
  answer.status = status;
  answer.body = fmt::format(R"({{"error":{{"code":{},"message":{},"type":{}}}}})", status,
                            json_quote(message), json_quote(type));
  return answer;
}

}  // namespace fake_model
