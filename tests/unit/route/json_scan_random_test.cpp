#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "catch.h"
#include "route/json_scan.h"

namespace llmsnap::route {
namespace {

/// Makes small documents that are nearly always almost valid.
class DocumentMaker {
 public:
  explicit DocumentMaker(unsigned seed) : random_(seed) {}

  std::string make() {
    std::string text = object(4);
    if (below(2) == 0) {
      for (int i = 0; i <= below(3); ++i) {
        damage(text);
      }
    }
    return text;
  }

 private:
  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

  template <std::size_t N>
  std::string pick(const std::string (&choices)[N]) {
    return choices[below(static_cast<int>(N))];
  }

  std::string space() { return pick({"", "", "", " ", "\n", "\t ", "\r\n"}); }

  std::string text() {
    static const std::string Parts[] = {"a",
                                        "model",
                                        "\\n",
                                        "\\u00e9",
                                        "\\ud83d\\ude00",
                                        "\xc3\xa9",
                                        "\xe2\x82\xac",
                                        "\\\"",
                                        "\\\\",
                                        "\\/",
                                        "0123456789abcdef",
                                        " "};
    std::string content;
    for (int i = below(4); i > 0; --i) {
      content += pick(Parts);
    }
    return "\"" + content + "\"";
  }

  std::string scalar() {
    static const std::string Values[] = {"0",     "-1",   "12.5", "1e5",   "-0.1E-2",  "true",
                                         "false", "null", "true", "\"m\"", "\"org/m\""};
    return below(3) == 0 ? text() : pick(Values);
  }

  std::string value(int depth) {
    const int kind = depth == 0 ? 9 : below(10);
    return space() +
           (kind == 0   ? object(depth - 1)
            : kind == 1 ? array(depth - 1)
                        : scalar()) +
           space();
  }

  std::string array(int depth) {
    std::string items;
    for (int i = below(4); i > 0; --i) {
      items += (items.empty() ? "" : ",") + value(depth);
    }
    return "[" + (items.empty() ? space() : items) + "]";
  }

  std::string object(int depth) {
    static const std::string Keys[] = {"\"model\"", "\"stream\"", "\"mod\\u0065l\"",
                                       "\"\\u0073tream\"", "\"x\""};
    std::string items;
    for (int i = below(4); i > 0; --i) {
      const std::string key = below(3) == 0 ? text() : pick(Keys);
      items += (items.empty() ? "" : ",") + space() + key + space() + ":" + value(depth);
    }
    return "{" + (items.empty() ? space() : items) + "}";
  }

  void damage(std::string& text) {
    static const std::string Bytes[] = {"\"",   "\\",   "{",    "}",    "[",    "]", ",", ":",
                                        "0",    "-",    ".",    "e",    "u",    " ", "t", "\n",
                                        "\x01", "\x80", "\xc3", "\xed", "\xff", "d"};
    const auto at = static_cast<std::size_t>(below(static_cast<int>(text.size())));
    switch (below(3)) {
      case 0:
        text.erase(at, 1);
        break;
      case 1:
        text.insert(at, pick(Bytes));
        break;
      default:
        text.replace(at, 1, pick(Bytes));
        break;
    }
    if (text.empty()) {
      text = "{";
    }
  }

  std::mt19937 random_;
};

/// nlohmann keeps the last of equal keys, so duplicates are counted while it parses.
struct Judgement {
  bool valid = false;
  int models = 0;
  nlohmann::json document;
};

Judgement judge(const std::string& text) {
  Judgement judgement;
  const auto count_models = [&judgement](int depth, nlohmann::json::parse_event_t event,
                                         nlohmann::json& parsed) {
    if (event == nlohmann::json::parse_event_t::key && depth == 1 && parsed == "model") {
      ++judgement.models;
    }
    return true;
  };
  try {
    judgement.document = nlohmann::json::parse(text, count_models);
    judgement.valid = judgement.document.is_object();
  } catch (const nlohmann::json::parse_error&) {
    judgement.valid = false;
  }
  return judgement;
}

bool has_control_character(const std::string& name) {
  return std::any_of(name.begin(), name.end(),
                     [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

}  // namespace

TEST_CASE("the scanner and a full parser agree on thousands of random documents", "[route]") {
  DocumentMaker maker(20240611);
  int valid = 0;
  int invalid = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = maker.make();
    const Judgement expected = judge(text);
    const std::string model = expected.valid && expected.document.contains("model") &&
                                      expected.document["model"].is_string()
                                  ? expected.document["model"].get<std::string>()
                                  : std::string();
    const auto facts = scan_json_body(PaddedBytes(text), [] {});
    CAPTURE(i, text, facts ? "" : facts.error().message);
    const bool acceptable = expected.valid && expected.models < 2 && !has_control_character(model);
    REQUIRE(static_cast<bool>(facts) == acceptable);
    ++(acceptable ? valid : invalid);
    if (facts) {
      REQUIRE(facts->model.value_or("") == model);
      REQUIRE(facts->stream == (expected.document.value("stream", nlohmann::json()) == true));
    }
  }
  CHECK(valid > 5'000);
  CHECK(invalid > 5'000);
}

}  // namespace llmsnap::route
