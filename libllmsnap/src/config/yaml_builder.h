// YamlBuilder: turns yaml-cpp's events into a YamlNode tree, with every limit checked as the tree
// grows. Thread rule: used by one thread, for one document. Included by yaml_tree.cpp and
// yaml_builder.cpp only.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "config/yaml_tree.h"

namespace llmsnap {

/// Leaves the parser from inside an event; caught by parse_yaml and nobody else.
class YamlRefused : public std::runtime_error {
 public:
  YamlRefused(int line, const std::string& what) : std::runtime_error(what), line_(line) {}
  int line() const { return line_; }

 private:
  int line_;
};

/// The calls come in document order, with the line of each value. Anchors are numbers, 0 = none.
class YamlBuilder {
 public:
  using Anchor = std::size_t;

  void null(int line, Anchor anchor, bool is_written);
  void scalar(int line, Anchor anchor, bool quoted, const std::string& text);
  void alias(int line, Anchor anchor);
  void begin_sequence(int line, Anchor anchor);
  void end_sequence();
  void begin_mapping(int line, Anchor anchor);
  void end_mapping();

  /// The finished document; call once, after the parser is done.
  YamlNode take() { return std::move(root_); }

 private:
  // A collection whose end has not been seen yet.
  struct Open {
    YamlNode node;
    Anchor anchor = 0;
    bool has_key = false;  // a key of a mapping was read, its value was not
    std::string key;
    int key_line = 0;
    std::map<std::string, int, std::less<>> key_lines;
    std::optional<YamlNode> merge;  // the value of `<<`, applied at the end: explicit keys win
    std::size_t merge_place = 0;    // among the members: where `<<` stands
  };

  void open(YamlNode::Kind kind, int line, Anchor anchor);
  void close();
  void add(YamlNode node, Anchor anchor);
  void add_to_mapping(Open& mapping, YamlNode node);
  void read_key(Open& mapping, const YamlNode& key);
  void apply_merge(Open& mapping);
  void count(int nodes, int line);
  std::string path_of_open_nodes() const;

  YamlNode root_;
  std::vector<Open> open_;
  std::map<Anchor, YamlNode> anchors_;
  int nodes_ = 0;
};

}  // namespace llmsnap
