// YamlBuilder: turns yaml-cpp's events into a YamlNode tree, with every limit checked as the tree
// grows. Thread rule: used by one thread, for one document. Included by yaml_tree.cpp and
// yaml_builder.cpp only.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
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

class YamlBuilder final : public YAML::EventHandler {
 public:
  /// The finished document; call once, after the parser is done.
  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override;
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override;
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override;

 private:
  // A collection whose end has not been seen yet.
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;  // a key of a mapping was read, its value was not
    std::string key;
    int key_line = 0;
    std::map<std::string, int, std::less<>> key_lines;
    std::vector<YamlNode> merges;  // values of `<<`, applied at the end: explicit keys win
  };

  void open(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void close();
  void add(YamlNode node, YAML::anchor_t anchor);
  void add_to_mapping(Open& mapping, YamlNode node);
  void read_key(Open& mapping, const YamlNode& key);
  void apply_merges(Open& mapping);
  void merge(Open& mapping, const YamlNode& source);
  void count(int nodes, int line);
  std::string path_of_open_nodes() const;

  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  int nodes_ = 0;
};

}  // namespace llmsnap
