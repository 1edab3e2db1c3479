#include "route/usage_option.h"

#include <string_view>

#include "catch.h"

namespace llmsnap::route {
namespace {

constexpr std::string_view Stream = R"({"model":"m","stream":true})";
constexpr std::string_view Chat = "/v1/chat/completions";

UsageWish wish(std::string_view text, std::string_view target, const ModelConfig& model) {
  const PaddedBytes body(text);
  const auto facts = scan_json_body(body, [] {});
  REQUIRE(facts);
  return usage_wish(body, *facts, target, model, "m", UsageAsking(model));
}

wire::ResponseHead answer(int status, std::string_view coding = {}) {
  wire::ResponseHead head;
  head.status = status;
  if (!coding.empty()) {
    head.fields.push_back({"Content-Encoding", coding});
  }
  return head;
}

}  // namespace

TEST_CASE("streams of chats and completions that do not ask for usage are made to", "[route]") {
  struct Row {
    std::string_view target;
    std::string_view body;
    UsageWish wish;
  };
  const Row row = GENERATE(values<Row>(
      {{Chat, Stream, UsageWish::Added},
       {"/v1/completions", Stream, UsageWish::Added},
       {"/chat/completions?a=b", Stream, UsageWish::Added},
       {Chat, R"({"model":"m","stream":true,"stream_options":null})", UsageWish::Added},
       {Chat, R"({"model":"m","stream":true,"stream_options":{}})", UsageWish::Added},
       {Chat, R"({"stream_options":{"include_usage":false},"stream":true})", UsageWish::Added},
       {Chat, R"({"stream_options":{"include_usage":true},"stream":true})", UsageWish::AsSent},
       {Chat, R"({"stream_options":{ "x":1, "include_usage" : true },"stream":true})",
        UsageWish::AsSent},
       {Chat, R"({"model":"m","stream":false})", UsageWish::AsSent},
       {Chat, R"({"model":"m"})", UsageWish::AsSent},
       {"/v1/messages", Stream, UsageWish::AsSent},
       {"/v1/responses", Stream, UsageWish::AsSent},
       {"/completion", Stream, UsageWish::AsSent}}));
  INFO(row.target << ' ' << row.body);
  CHECK(wish(row.body, row.target, ModelConfig()) == row.wish);
}

TEST_CASE("where a filter speaks of streams it has the last word", "[route]") {
  ModelConfig model;
  const auto check = [&model](UsageWish expected) { CHECK(wish(Stream, Chat, model) == expected); };
  model.filters.strip_params = {"stream_options"};
  check(UsageWish::AsSent);
  model.filters = {};
  model.filters.set_params = {{"stream_options.include_usage", "false"}};
  check(UsageWish::AsSent);
  model.filters.set_params = {{"stream", "false"}};
  check(UsageWish::AsSent);
  model.filters.set_params = {{"streams", "1"}, {"a.stream", "1"}};
  check(UsageWish::Added);
  model.filters.set_params_by_id["other"] = {{"stream", "false"}};
  check(UsageWish::Added);
  model.filters.set_params_by_id["m"] = {{"stream", "false"}};
  check(UsageWish::AsSent);
}

TEST_CASE("a server whose first answer to the option was a 400 is never asked again", "[route]") {
  const int status = GENERATE(400, 422);
  UsageAsking asking{ModelConfig()};
  REQUIRE(asking.asks());
  CHECK(asking.is_refusal(answer(status)));
  const auto again = answer(200);
  asking.answered_again(UsageAsking::refusal_in(answer(status)), again);
  CHECK_FALSE(asking.asks());
  asking.told_timings();
  asking.told_nothing();
  CHECK_FALSE(asking.asks());
}

TEST_CASE("a 400 that comes without the option, too, turns nothing off", "[route]") {
  UsageAsking asking{ModelConfig()};
  const auto again = answer(400);
  asking.answered_again(UsageAsking::refusal_in(answer(400)), again);
  CHECK(asking.asks());
  CHECK(asking.is_refusal(answer(400)));
}

TEST_CASE("a 400 of a server that has taken the option is the request's own", "[route]") {
  UsageAsking asking{ModelConfig()};
  asking.answered(answer(200));
  CHECK(asking.asks());
  CHECK_FALSE(asking.is_refusal(answer(400)));
  CHECK_FALSE(asking.is_refusal(answer(500)));
}

TEST_CASE("a server that compresses though nobody wants it is not asked", "[route]") {
  UsageAsking asking{ModelConfig()};
  CHECK_FALSE(asking.is_refusal(answer(200, "identity")));
  CHECK(asking.is_refusal(answer(200, "gzip")));
  const auto again = answer(200, "gzip");
  asking.answered_again(UsageAsking::refusal_in(answer(200, "gzip")), again);
  CHECK_FALSE(asking.asks());
}

TEST_CASE("a server that gives timings unasked is not asked, until it gives nothing", "[route]") {
  UsageAsking asking{ModelConfig()};
  asking.told_nothing();
  CHECK(asking.asks());
  asking.told_timings();
  CHECK_FALSE(asking.asks());
  asking.told_nothing();
  CHECK(asking.asks());

  ModelConfig llama;
  llama.cmd = "/opt/llama-server --port ${PORT} -m x.gguf";
  CHECK_FALSE(UsageAsking(llama).asks());
  CHECK(wish(Stream, Chat, llama) == UsageWish::NotAsked);
}

}  // namespace llmsnap::route
