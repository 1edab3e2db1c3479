#include "config/yaml_grammar.h"

#include <string>
#include <string_view>

#include "catch.h"
#include "config/yaml_scanner.h"
#include "config/yaml_tree.h"

namespace llmsnap {
namespace {

/// `1:5 what is wrong`, or nothing.
std::string fault_of(std::string_view text) {
  const auto document = parse_yaml(std::string(text), "f");
  const auto fault = yaml_fault(text);
  INFO(text);
  CHECK((document || fault || !document.error().message.empty()));
  if (!fault) {
    return "";
  }
  CHECK_FALSE(document);
  return document.error().message;
}

constexpr std::string_view Quotes =
    "models:\n"
    "  m:\n"
    "    cmd: 'it''s \"here\"'\n"
    "    name: \"a \\\" b\\\\\"\n"
    "    aliases: [\"x\", 'y']\n"
    "    description: |+\n"
    "      no \"quote's end\n"
    "\n"
    "    env: [A=\"it's, no quote\"]\n"
    "apiKeys: ['k']\n";

TEST_CASE("a quote that nobody closes is an error where it opens", "[config]") {
  CHECK(fault_of(Quotes).empty());
  CHECK(fault_of("models:\n  m:\n    proxy: http://h\n    name: \"abc\n  n: {proxy: http://h}\n"
                 "apiKeys: [x]\n") == "f:4: invalid YAML in column 11: this quote is not closed");
  CHECK(fault_of("a: 'x\n---\nb: 'y'\n") ==
        "f:1: invalid YAML in column 4: this quote is not closed before the document ends");
}

TEST_CASE("a text that is cut within a quote is an error, and so is one without the quote's end",
          "[config]") {
  int quotes = 0;
  for (const YamlToken& token : scan_yaml(Quotes).tokens) {
    const char first = token.begin < token.end ? Quotes[token.begin] : ' ';
    if (token.kind != YamlToken::Kind::Scalar || (first != '"' && first != '\'')) {
      continue;
    }
    ++quotes;
    for (std::size_t cut = token.begin + 1; cut < token.end; ++cut) {
      const std::string text(Quotes.substr(0, cut));
      if (first == '"' || Quotes[cut] != '\'' || Quotes[cut - 1] != '\'') {  // half of a ''
        CHECK_FALSE(fault_of(text).empty());
        CHECK_FALSE(fault_of(text + "\n").empty());
      }
    }
    std::string open(Quotes);
    CHECK_FALSE(fault_of(open.erase(token.end - 1, 1)).empty());
  }
  CHECK(quotes == 5);
}

TEST_CASE("a key without a colon is an error wherever it stands", "[config]") {
  const std::string what = ": expected a : behind this key";
  CHECK(fault_of("a: 1\napiKeys [sk-1]\n") == "f:2: invalid YAML in column 1" + what);
  CHECK(fault_of("a: 1\napiKeys\n  - sk-1\n") == "f:2: invalid YAML in column 1" + what);
  CHECK(fault_of("a:\n  b: 1\n  unlisted\n") == "f:3: invalid YAML in column 3" + what);
  CHECK(fault_of("a:\n  b\n  c: 1\n").find("f:") == 0);
  CHECK(fault_of("a: 1\n\"b\"\nc: 2\n") == "f:2: invalid YAML in column 1" + what);
  CHECK(fault_of("a: 1\n&b\n") == "f:2: invalid YAML in column 1" + what);
}

TEST_CASE("what is no YAML is an error, though yaml-cpp would read it", "[config]") {
  const std::string text = GENERATE(
      "a: 1\n%key: 2\n", "%key: 2\n---\na: 1\n", "a: 1\n%YAML 1.1\n---\nb: 1\n",
      "%YAML 1.1\na: 1\n", "%YAML x\n---\na: 1\n", "%TAG e\n---\na: 1\n", "a: {b: 1,, c: 2}\n",
      "a: [1,, 2]\n", "a: [, 1]\n", "a: {: 5}\n", "a: {b: 1 c: 2}\n", "a: [1, 2\nb: 3\n",
      "a: {b: 1\n", "a: ]\n", "a: [1}]\n", "a: &|\n  x\n", "a: & x\n", "a: *\n", "a: &x/y z\n",
      "a: !\"x\"\n", "a: !<x y\n", "a: !e!x y\n", "a: !%zz y\n", "a:\n\tb: 2\n", "a: b\n\tc\n",
      "a: |\n\tb\n", "-\ta: 1\n", "a: b: c\n", "a: - b\n", "a: \"b\" c: d\n", "a: 'b' c\n",
      "a: |x\n", "a: |0\n  b\n", "a: @b\n", "a: `b\n", "a: %b\n", "a: [|]\n", "a: \"\\q\"\n",
      "a: \"\\x1\"\n", "a: \"\\uD800\"\n", "a: b\x01\n", "a: \x7F\n", "a: \"\xEF\xBF\xBF\"\n",
      "a: \xC2\x81\n", ": 1\n", "a: 1\n: 2\n", "a: 1\n b: 2\n", " a: 1\nb: 2\n", "- a\nb: 1\n",
      "a: [1]\n[2]\n", "...\na: 1\n", "a: - b\n   - c\n");
  INFO(text);
  CHECK_FALSE(fault_of(text).empty());
}

TEST_CASE("what is YAML is no fault, however rare", "[config]") {
  const std::string text = GENERATE(
      "", "# only\n", "---\n", "--- a\n", "--- # x\na: 1\n...\n", "%YAML 1.1\n---\na: 1\n",
      "%TAG !e! tag:e,2000: # x\n---\na: !e!x y\n", "? a\n", "? a\n: 1\n? b\n", "{a}\n",
      "{a, b: , c: 1}\n", "[a, b: c, ]\n", "[? a : b]\n", "{\"a\":1}\n", "a: b\n  c\n  d\ne: f\n",
      "a:\n- b\n- c\nd: e\n", "a:\n  - b: 1\n    c: 2\n  -\n  - - d\n", "a:\n  b\n  c\n",
      "plain\ntext\n", "a: [1,\n2,\n  3]\nb: 4\n", "a: {\nb: 1\n}\n",
      "a: |\n\n  x\n   y\n\nb: >-2\n     z\n", "a: |\n", "a: |+ # x\n  b\n\n", "a: &x\nb: *x\n",
      "&a a: 1\n*a : 2\n", "a: !!str 1\nb: !x\nc: ! d\n", "a: &x !!str 1\nb: !!str &y 1\n",
      "a: !<tag:yaml.org,2002:str> 1\n", "a: \"x\\\n  y\\u00e9\\x41\\/\"\n", "a: ''''\n", "a:\tb\n",
      "a: -1\nb: -c\nc: ?d\nd: :e\ne: a:b#c\n", "a: [a?b, -c, http://h/?q=1]\n",
      "\xEF\xBB\xBF"
      "a: 1\n",
      "a: 1\r\nb: 2\r\n", "a: 1\n---\nb: [\n", "a: 1\n...\n%x\n", "a: ${b}\nc: $${d} %e\n",
      "\"a b\": 1\n'c': 2\n[d]: 3\n", "a: # x\n  b: 1\n# y\n  c: 2\n",
      "a: \xC3\xA9\n\xC3\xA9: {b: 1}\n");
  INFO(text);
  CHECK(fault_of(text).empty());
}

TEST_CASE("a hostile text is judged in time that grows with it", "[config]") {
  const std::string piece = GENERATE("[", "{", "- ", "? ", "a: ", "[a: ", "a: [", "'", "\"", "&a ",
                                     "!a ", "\n", "a\n", "|\n", "{a,", "*a ", "}", ",");
  std::string text;
  while (text.size() < 1'000'000) {
    text += piece;
  }
  const auto fault = yaml_fault(text);
  CHECK((!fault || !fault->what.empty()));
}

}  // namespace
}  // namespace llmsnap
