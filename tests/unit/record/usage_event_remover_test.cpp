#include "record/usage_event_remover.h"

#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "catch.h"

using llmsnap::record::UsageEventRemover;

namespace {

template <typename SizeOfNext>
std::string shown(std::string_view stream, SizeOfNext size_of_next) {
  UsageEventRemover remover;
  std::string out;
  while (!stream.empty()) {
    // A copy of its own for each piece: a look beyond it is seen by the sanitizer.
    const std::string piece(stream.substr(0, size_of_next()));
    out += remover.pass(piece);
    stream.remove_prefix(piece.size());
  }
  out += remover.finish();
  return out;
}

std::string shown(std::string_view stream) {
  return shown(stream, [&stream] { return stream.size(); });
}

const std::string First =
    R"(data: {"id":"c","choices":[{"index":0,"delta":{"content":"\"usage\":{}"}}],"usage":null})"
    "\n\n";
const std::string Last =
    R"(data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
    "\n\n";
const std::string OfUsage =
    R"(data: {"id":"c","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3}})"
    "\n\n";
const std::string Done = "data: [DONE]\n\n";

}  // namespace

TEST_CASE("the event that tells of usage alone is taken out, in any division", "[record]") {
  const std::string stream = First + First + Last + OfUsage + Done;
  const std::string rest = First + First + Last + Done;
  CHECK(shown(stream) == rest);
  for (std::size_t size = 1; size < 60; ++size) {
    CHECK(shown(stream, [size] { return size; }) == rest);
  }
  for (std::size_t at = 0; at <= stream.size(); ++at) {
    bool first = true;
    CHECK(shown(stream, [&] { return std::exchange(first, false) ? at : stream.size(); }) == rest);
  }
  std::mt19937 random(4711);
  std::uniform_int_distribution<std::size_t> sizes(1, 120);
  for (int round = 0; round < 200; ++round) {
    CHECK(shown(stream, [&] { return sizes(random); }) == rest);
  }
}

TEST_CASE("spaces, CRLF and an end that is missing make no difference to what is taken out",
          "[record]") {
  const std::string spaced =
      "data: {\"choices\" : [ ], \"usage\" : {\"prompt_tokens\" : 1}}\r\n\r\n";
  CHECK(shown(First + spaced + "data: [DONE]\r\n\r\n") == First + "data: [DONE]\r\n\r\n");
  CHECK(shown(First + OfUsage.substr(0, OfUsage.size() - 2)) == First);
  CHECK(shown(First + OfUsage.substr(0, OfUsage.size() - 1) + Done) == First + Done);
  CHECK(shown(First + OfUsage) == First);
}

TEST_CASE("what names the event goes with it, and what names others stays", "[record]") {
  const std::string named = "id: 1\nevent: chunk\n" + First;
  const std::string line = OfUsage.substr(0, OfUsage.size() - 1);
  for (const std::string& of_usage :
       {"id: 2\n" + OfUsage, "event:chunk\nid\n" + OfUsage, line + "id: 2\nretry: 5\n\n",
        "event: chunk\r\n" + line.substr(0, line.size() - 1) + "\r\nid: 2\r\n\r\n"}) {
    INFO(of_usage);
    const std::string stream = named + of_usage + "id: 3\n" + Done;
    for (std::size_t size = 1; size <= stream.size(); ++size) {
      CHECK(shown(stream, [size] { return size; }) == named + "id: 3\n" + Done);
    }
    CHECK(shown(named + of_usage) == named);
  }
}

TEST_CASE("a name is held back until it is known of what, a sign of life is not", "[record]") {
  UsageEventRemover remover;
  CHECK(remover.pass("id: 1\nevent: x\n") == "");
  CHECK(remover.pass("data: {}\n") == "id: 1\nevent: x\ndata: {}\n");
  CHECK(remover.pass("\n: alive\n") == "\n: alive\n");
  CHECK(remover.pass("id: 2\n") == "");
  CHECK(remover.pass(OfUsage) == "");
  CHECK(remover.pass(": alive\n\n") == ": alive\n\n");
  CHECK(remover.pass("id: 3\n") == "");
  CHECK(remover.finish() == "id: 3\n");
}

TEST_CASE("all other events stay as they are", "[record]") {
  const std::string others[] = {
      // Usage beside a choice, no usage, another usage, another place; none of JSON.
      "data: {\"choices\":[{\"index\":0}],\"usage\":{\"prompt_tokens\":1}}\n\n",
      "data: {\"choices\":[],\"usage\":null}\n\n",
      "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\n",
      "data: {\"choices\":null,\"usage\":{\"prompt_tokens\":1}}\n\n",
      "data: {\"usage\":{\"prompt_tokens\":1}}\n\n",
      "data: {\"x\":{\"choices\":[],\"usage\":{\"prompt_tokens\":1}}}\n\n",
      "data: \"choices\":[],\"usage\":{\"prompt_tokens\":1}\n\n",
      ": {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n",
      "data: {\"choices\":[],\"usage\":{\"prompt_tok",
      "\n\n\r\n\r\n",
      "data: a\r\rdata: b\r\r",
      "id: 1\n\nevent: x\n\nretry: 1\n: c\n\n",
      "id: 1\rdata: x\n\n",
      "identity: 1\nevents\n\n",
      ""};
  for (const std::string& other : others) {
    INFO(other);
    CHECK(shown(First + other) == First + other);
    for (std::size_t size = 1; size < 9; ++size) {
      CHECK(shown(First + other, [size] { return size; }) == First + other);
    }
  }
}

TEST_CASE("only the begin of a line is held back, and not of a long one", "[record]") {
  UsageEventRemover remover;
  CHECK(remover.pass(First) == First);
  CHECK(remover.pass("data: {\"cho") == "");
  CHECK(remover.pass("ices\":[1]}\n") == "data: {\"choices\":[1]}\n");
  CHECK(remover.pass("\n") == "\n");

  const std::string text(70'000, 'x');
  CHECK(remover.pass("data: " + text) == "data: " + text);
  CHECK(remover.pass("more") == "more");
  CHECK(remover.pass("\n\n" + OfUsage + Done) == "\n\n" + Done);
  CHECK(remover.pass("data: end\r") == "");
  CHECK(remover.pass("\n") == "data: end\r\n");
  CHECK(remover.finish() == "");
}

TEST_CASE("on any bytes what stays is the same however they arrive", "[record]") {
  const std::string parts[] = {OfUsage,
                               "\n",
                               "\r\n",
                               "data: ",
                               "{",
                               Done,
                               First,
                               "\r",
                               "x",
                               OfUsage.substr(0, 30),
                               OfUsage.substr(30),
                               "id: 1\n",
                               "event"};
  std::mt19937 random(4712);
  std::uniform_int_distribution<std::size_t> part(0, std::size(parts) - 1);
  for (int round = 0; round < 5000; ++round) {
    std::string stream;
    for (int i = 0; i < 8; ++i) {
      stream += parts[part(random)];
    }
    // A lone CR lets go what was held back, by chance of the division.
    if (stream.find('\r') != stream.npos) {
      CHECK(shown(stream, [] { return std::size_t{3}; }).size() <= stream.size());
      continue;
    }
    const std::string whole = shown(stream);
    if (shown(stream, [] { return std::size_t{1}; }) != whole ||
        shown(stream, [] { return std::size_t{7}; }) != whole) {
      FAIL(stream);
    }
  }
}
