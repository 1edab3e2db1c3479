#include "config/yaml_tree.h"

#include "catch.h"

namespace llmsnap {
namespace {

YamlNode tree_of(const std::string& text) {
  auto tree = parse_yaml(text, "f");
  INFO(text);
  REQUIRE(tree);
  return std::move(tree->root);
}

std::string error_of(const std::string& text) {
  const auto tree = parse_yaml(text, "f");
  INFO(text.substr(0, 200));
  REQUIRE_FALSE(tree);
  return tree.error().message;
}

std::string text_at(const YamlNode& node, std::string_view key) {
  const YamlNode* found = node.find(key);
  return found == nullptr ? "(absent)" : found->text;
}

TEST_CASE("an empty document is nothing", "[config]") {
  CHECK(tree_of("").kind == YamlNode::Kind::Null);
  CHECK(tree_of("# only a comment\n").kind == YamlNode::Kind::Null);
  CHECK(tree_of("---\n...\n").kind == YamlNode::Kind::Null);
}

TEST_CASE("a second document is not read, and its place is told if there is something in it",
          "[config]") {
  const auto second = [](const std::string& text) {
    return parse_yaml(text, "f")->second_document;
  };
  CHECK(second("a: 1\n---\na: 2\n") == 3);
  CHECK(second("a: 1\n---\n- x\n---\n- y") == 3);
  CHECK(second("a: 1\n---\n") == 0);
  CHECK(text_at(tree_of("a: 1\n---\na: 2\nb: [\n"), "a") == "1");
  CHECK(text_at(tree_of("---\na: 1\n---\n"), "a") == "1");
  CHECK(text_at(tree_of("a: 1\n...\n"), "a") == "1");
}

TEST_CASE("values keep their line and know whether they were quoted", "[config]") {
  const YamlNode tree = tree_of("a: 1\nb: \"2\"\nc: '3'\nd: |\n  4\ne: ~\nf: !!str 5\n");
  CHECK(tree.find("a")->line == 1);
  CHECK(tree.find("b")->line == 2);
  CHECK_FALSE(tree.find("a")->quoted);
  CHECK(tree.find("b")->quoted);
  CHECK(tree.find("c")->quoted);
  CHECK(tree.find("d")->quoted);
  CHECK(tree.find("e")->kind == YamlNode::Kind::Null);
  CHECK(tree.find("f")->quoted);
  CHECK(tree.members[1].line == 2);
}

TEST_CASE("aliases stand for what their anchor holds", "[config]") {
  const YamlNode tree = tree_of("a: &x {k: [1, 2]}\nb: *x\n");
  REQUIRE(tree.find("b")->find("k") != nullptr);
  CHECK(tree.find("b")->find("k")->items.size() == 2);
}

TEST_CASE("an item of a list may be a text of lines with an anchor, however little indented",
          "[config]") {
  const YamlNode tree = tree_of(
      "a:\n"
      "  - &one |\n"
      "    x\n"
      "\n"
      "      y\n"
      "  - - !!str >- # folded\n"
      "     p\n"
      "     q\n"
      "    - *one\n"
      "  - &two |\n"
      "  - z\n"
      "b: *one\n");
  const YamlNode* list = tree.find("a");
  REQUIRE(list != nullptr);
  REQUIRE(list->items.size() == 4);
  CHECK(list->items[0].text == "x\n\n  y\n");
  CHECK(list->items[1].items.at(0).text == "p q");
  CHECK(list->items[1].items.at(1).text == "x\n\n  y\n");
  CHECK(list->items[2].text.empty());
  CHECK(list->items[3].text == "z");
  CHECK(list->items[3].line == 11);
  CHECK(tree.find("b")->text == "x\n\n  y\n");
  CHECK(error_of("a:\n  - &one |\n    x\n b: 1\n").starts_with("f:"));
  std::string hostile = "-" + std::string(100'000, ' ') + "&a |\n";
  for (int line = 0; line < 100'000; ++line) {
    hostile += " x\n";
  }
  CHECK_FALSE(error_of(hostile).empty());
}

TEST_CASE("merge keys fill what the mapping itself does not say", "[config][C16]") {
  const YamlNode tree = tree_of(
      "base: &base {a: 1, b: 2}\n"
      "more: &more {b: 3, c: 4}\n"
      "one: {<<: *base, a: mine}\n"
      "late: {a: mine, <<: *base}\n"
      "two:\n  <<: [*base, *more]\n"
      "nested: &nested {<<: *base, d: 5}\n"
      "chain: {<<: *nested}\n"
      "inline: {<<: {a: 9}}\n");
  CHECK(text_at(*tree.find("one"), "a") == "mine");
  CHECK(text_at(*tree.find("one"), "b") == "2");
  CHECK(text_at(*tree.find("late"), "a") == "mine");
  CHECK(text_at(*tree.find("two"), "b") == "2");
  CHECK(text_at(*tree.find("two"), "c") == "4");
  CHECK(text_at(*tree.find("chain"), "b") == "2");
  CHECK(text_at(*tree.find("chain"), "d") == "5");
  CHECK(text_at(*tree.find("inline"), "a") == "9");
  CHECK(text_at(*tree.find("one"), "<<") == "(absent)");
}

TEST_CASE("a null knows whether it is written", "[config]") {
  const std::string begin = GENERATE("", "\xEF\xBB\xBF", "\xC3\xA9: \xE2\x82\xAC\r\n");
  const YamlNode tree = tree_of(begin +
                                "a: ~\r\nb:\nc: [null, NULL]\nd: {e: Null, f: , g}\nh:\n  # ~\n"
                                "i: &x ~\nj:\nnull : 1\nk:\n");
  CHECK(text_at(tree, "a") == "~");
  CHECK(text_at(tree, "b").empty());
  CHECK(tree.find("c")->items[0].text == "~");
  CHECK(tree.find("c")->items[1].text == "~");
  CHECK(text_at(*tree.find("d"), "e") == "~");
  CHECK(text_at(*tree.find("d"), "f").empty());
  CHECK(text_at(*tree.find("d"), "g").empty());
  CHECK(text_at(tree, "h").empty());
  CHECK(text_at(tree, "i") == "~");
  CHECK(text_at(tree, "j").empty());
  CHECK(text_at(tree, "k").empty());
}

TEST_CASE("merged keys stand where the merge key stands", "[config][C16]") {
  const YamlNode tree = tree_of(
      "base: &base {a: 1, b: 2, c: 3}\n"
      "more: &more {d: 4, a: 5}\n"
      "one: {x: 0, <<: [*base, *more], b: mine, y: 9}\n");
  std::string keys;
  for (const YamlMember& member : tree.find("one")->members) {
    keys += member.key + "=" + member.value.text + " ";
  }
  CHECK(keys == "x=0 a=1 c=3 d=4 b=mine y=9 ");
}

TEST_CASE("a merge of something else is an error", "[config]") {
  CHECK(error_of("a:\n  <<: 1\n") == "f:2: a: << takes a mapping or a list of mappings");
  CHECK(error_of("a:\n  <<: [1]\n") == "f:2: a: << takes a mapping or a list of mappings");
}

TEST_CASE("duplicate keys are errors with both lines", "[config][C15]") {
  CHECK(error_of("models: {}\nx: 1\nmodels: {}\n") ==
        "f:3: duplicate key \"models\", first on line 1");
  CHECK(error_of("a:\n  b:\n    - c: 1\n      c: 2\n") ==
        "f:4: a.b[0]: duplicate key \"c\", first on line 3");
}

TEST_CASE("an alias inside its own anchor is an error", "[config][C12]") {
  const std::string text = GENERATE("a: &a [*a]\n", "a: &a\n  b: *a\n", "a: &a {b: [{c: *a}]}\n");
  CHECK(error_of(text).find("its own anchor") != std::string::npos);
}

TEST_CASE("aliases of aliases end at the budget", "[config][C13]") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 9; ++level) {
    text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [";
    for (int index = 0; index < 10; ++index) {
      text += (index > 0 ? ", *a" : "*a") + std::to_string(level - 1);
    }
    text += "]\n";
  }
  CHECK(error_of(text).find("more than 100000 values") != std::string::npos);
}

TEST_CASE("merges of merges end at the budget", "[config][C13]") {
  std::string text = "a0: &a0 {k0: 1}\n";
  for (int level = 1; level < 2000; ++level) {
    const std::string name = "a" + std::to_string(level);
    text += name + ": &" + name + " {<<: *a" + std::to_string(level - 1) + ", k" +
            std::to_string(level) + ": 1}\n";
  }
  CHECK(error_of(text).find("more than 100000 values") != std::string::npos);
}

TEST_CASE("documents that are too deep are errors", "[config][C14]") {
  std::string indented;
  for (int level = 0; level < 1000; ++level) {
    indented += std::string(static_cast<std::size_t>(level), ' ') + "a:\n";
  }
  std::string aliased = "a0: &a0 [x]\n";
  for (int level = 1; level < 80; ++level) {
    const std::string name = "a" + std::to_string(level);
    aliased += name + ": &" + name + " [*a" + std::to_string(level - 1) + "]\n";
  }
  std::string dashes;
  for (int level = 0; level < 10'000; ++level) {
    dashes += "- ";
  }
  CHECK_FALSE(error_of(std::string(10'000, '[')).empty());
  CHECK_FALSE(error_of(std::string(10'000, '{')).empty());
  CHECK_FALSE(error_of(dashes).empty());
  CHECK_FALSE(error_of(indented).empty());
  CHECK(error_of(aliased).find("deeper than 64") != std::string::npos);
  CHECK(tree_of(std::string(60, '[') + std::string(60, ']')).kind == YamlNode::Kind::Sequence);
}

TEST_CASE("broken YAML says where", "[config]") {
  CHECK(error_of("a: 1\nb: [1\n").find("f:") == 0);
  CHECK(error_of("a: 1\n b: 2\n").find("f:2: invalid YAML") == 0);
  CHECK(error_of("a: *nowhere\n").find("f:1: invalid YAML") == 0);
  CHECK(error_of("a: 1\n, b\n").find("f:2: invalid YAML") == 0);  // the parser never gets past it
  CHECK(error_of(",").find("f:1: invalid YAML") == 0);
  CHECK(error_of("a:\n\tb: 2\n").find("use spaces") != std::string::npos);
  CHECK(error_of("a: 1\n b: 2\n").find("tab") == std::string::npos);
  CHECK(error_of("? [a]\n: b\n").find("a key must be a plain text") != std::string::npos);
}

}  // namespace
}  // namespace llmsnap
