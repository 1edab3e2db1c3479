#include <random>
#include <string>

#include "capture/redact.h"
#include "catch.h"

namespace llmsnap::capture {
namespace {

enum class Secrets { None, BehindPasswords };

/// Stand in secret texts and numbers, and nowhere else. Never written with escapes.
constexpr const char* SecretText = "CANARY";
constexpr const char* SecretNumber = "77777";

/// Makes JSON that is well formed, with JSON in its texts, to three levels.
class BodyMaker {
 public:
  BodyMaker(unsigned seed, Secrets secrets) : random_(seed), secrets_(secrets) {}

  std::string make() {
    if (below(3) != 0) {
      return object(1);
    }
    std::string stream;
    for (int i = below(4); i >= 0; --i) {
      stream += "data: " + object(1) + "\n\n";
    }
    return stream;
  }

  void damage(std::string& text) {
    const auto at = static_cast<std::size_t>(below(static_cast<int>(text.size()) + 1));
    const auto length = static_cast<std::size_t>(below(8));
    switch (below(4)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, text.substr(at / 2, 3 * length));
        break;
      case 2:
        text.resize(at);
        break;
      default:
        text.insert(at, part());
    }
  }

 private:
  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

  template <std::size_t N>
  std::string pick(const char* const (&choices)[N]) {
    return choices[below(static_cast<int>(N))];
  }

  std::string space() { return pick({"", "", "", " ", "\n", "\t ", "\r\n  "}); }

  std::string part() {
    return pick({"\"", "\\",  "\\\"", "{",        "}",    "[", "]",     ",",
                 ":",  "=",   "\n",   "\ndata: ", "a",    "7", "model", "\xc3\xa9",
                 "'",  "\\n", "\\u",  "\\u0022",  "data", " "});
  }

  std::string prose() {
    std::string text;
    for (int i = below(6); i > 0; --i) {
      text += part();
    }
    return text;
  }

  /// As a string of JSON, in one of the ways to write it.
  std::string quoted(const std::string& text) {
    std::string string = "\"";
    const bool by_code = below(4) == 0;
    for (const char c : text) {
      if (c == '"') {
        string += by_code ? "\\u0022" : "\\\"";
      } else if (c == '\\') {
        string += by_code ? "\\u005C" : "\\\\";
      } else if (c == '\n') {
        string += by_code ? "\\u000a" : "\\n";
      } else if (c == '\r' || c == '\t') {
        string += c == '\r' ? "\\r" : "\\t";
      } else if (c == 'o' && by_code) {
        string += "\\u006F";
      } else {
        string += c;
      }
    }
    return string + "\"";
  }

  std::string secret() {
    switch (below(5)) {
      case 0:
        return SecretNumber;
      case 1:
        return "[" + space() + secret() + "," + space() + secret() + "]";
      case 2:
        return "{" + space() + quoted("a" + prose()) + space() + ":" + secret() + "}";
      default:
        return quoted(prose() + SecretText + prose() + SecretText);
    }
  }

  std::string value(int level) {
    switch (below(6)) {
      case 0:
        return pick({"0", "-1.5e3", "true", "null"});
      case 1:
        return "[" + value(level) + space() + "," + space() + value(level) + "]";
      case 2:
        return object(level);
      case 3:
      case 4:
        return level < 3 ? quoted(object(level + 1)) : quoted(prose());
      default:
        return quoted(prose());
    }
  }

  std::string object(int level) {
    std::string text = "{" + space();
    for (int i = below(3); i > 0; --i) {
      text += quoted(pick({"a", "model", "content", "value", "name"})) + space() + ":" + space() +
              value(level) + space() + "," + space();
    }
    if (secrets_ == Secrets::BehindPasswords && below(2) == 0) {
      text += quoted("password") + space() + ":" + space() + secret() + space() + ",";
    }
    return text + quoted("end") + ":" + space() + value(level) + "}";
  }

  std::mt19937 random_;
  const Secrets secrets_;
};

bool holds_secret(const std::string& text) {
  return text.find(SecretText) != std::string::npos || text.find(SecretNumber) != std::string::npos;
}

TEST_CASE("in no JSON, nested or cut off, is what is behind a password kept", "[capture]") {
  int with_secrets = 0;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    const std::string body = BodyMaker(seed, Secrets::BehindPasswords).make();
    CAPTURE(seed, body);
    const std::string clean = without_secrets(body);
    REQUIRE_FALSE(holds_secret(clean));
    REQUIRE(without_secrets(clean) == clean);
    REQUIRE((clean != body) == holds_secret(body));
    with_secrets += clean != body ? 1 : 0;
    const std::string beginning = body.substr(0, seed * 7919 % (body.size() + 1));
    REQUIRE_FALSE(holds_secret(without_secrets(beginning)));
  }
  CHECK(with_secrets > 500);
}

TEST_CASE("of JSON without secrets each byte is kept, cut off or not", "[capture]") {
  for (unsigned seed = 0; seed < 1500; ++seed) {
    const std::string body = BodyMaker(seed, Secrets::None).make();
    CAPTURE(seed, body);
    REQUIRE(without_secrets(body) == body);
    const std::string beginning = body.substr(0, seed % (body.size() + 1));
    REQUIRE(without_secrets(beginning) == beginning);
  }
}

TEST_CASE("what is no JSON any more is redacted without harm", "[capture]") {
  for (unsigned seed = 0; seed < 1500; ++seed) {
    BodyMaker maker(seed, Secrets::BehindPasswords);
    std::string body = maker.make();
    for (unsigned i = 0; i <= seed % 5; ++i) {
      maker.damage(body);
    }
    CAPTURE(seed, body);
    const std::string clean = without_secrets(body);
    REQUIRE(clean.size() <= 6 * body.size() + 20);
  }
}

}  // namespace
}  // namespace llmsnap::capture
