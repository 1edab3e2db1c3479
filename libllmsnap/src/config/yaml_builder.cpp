#include "config/yaml_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/escape.h"

namespace llmsnap {
namespace {

constexpr std::string_view MergeKey = "<<";

struct Extent {
  int nodes = 1;
  int depth = 1;
};

// The recursion is bounded: the node was built under the depth limit.
Extent extent_of(const YamlNode& node) {
  Extent extent;
  const auto add = [&extent](const YamlNode& child) {
    const Extent inner = extent_of(child);
    extent.nodes += inner.nodes;
    extent.depth = std::max(extent.depth, inner.depth + 1);
  };
  for (const YamlNode& item : node.items) {
    add(item);
  }
  for (const YamlMember& member : node.members) {
    add(member.value);
  }
  return extent;
}

}  // namespace

void YamlBuilder::null(int line, Anchor anchor, bool is_written) {
  YamlNode node;
  node.text = is_written ? "~" : "";
  node.line = line;
  count(1, line);
  add(std::move(node), anchor);
}

void YamlBuilder::scalar(int line, Anchor anchor, bool quoted, const std::string& text) {
  YamlNode node;
  node.kind = YamlNode::Kind::Scalar;
  node.quoted = quoted;
  node.line = line;
  node.text = text;
  count(1, line);
  add(std::move(node), anchor);
}

void YamlBuilder::alias(int line, Anchor anchor) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) {
    throw YamlRefused(line, "an alias stands inside the value of its own anchor");
  }
  const Extent extent = extent_of(found->second);
  count(extent.nodes, line);
  if (static_cast<int>(open_.size()) + extent.depth > MaxYamlDepth) {
    throw YamlRefused(line, fmt::format("nested deeper than {} levels", MaxYamlDepth));
  }
  add(found->second, 0);
}

void YamlBuilder::begin_sequence(int line, Anchor anchor) {
  open(YamlNode::Kind::Sequence, line, anchor);
}

void YamlBuilder::end_sequence() {
  close();
}

void YamlBuilder::begin_mapping(int line, Anchor anchor) {
  open(YamlNode::Kind::Mapping, line, anchor);
}

void YamlBuilder::end_mapping() {
  if (open_.back().merge) {
    apply_merge(open_.back());
  }
  close();
}

void YamlBuilder::open(YamlNode::Kind kind, int line, Anchor anchor) {
  count(1, line);
  if (static_cast<int>(open_.size()) >= MaxYamlDepth) {
    throw YamlRefused(line, fmt::format("nested deeper than {} levels", MaxYamlDepth));
  }
  Open opened;
  opened.node.kind = kind;
  opened.node.line = line;
  opened.anchor = anchor;
  open_.push_back(std::move(opened));
}

void YamlBuilder::close() {
  Open done = std::move(open_.back());
  open_.pop_back();
  add(std::move(done.node), done.anchor);
}

void YamlBuilder::add(YamlNode node, Anchor anchor) {
  if (anchor != 0) {
    count(extent_of(node).nodes, node.line);  // the copy that aliases are made from
    anchors_[anchor] = node;
  }
  if (open_.empty()) {
    root_ = std::move(node);
  } else if (Open& parent = open_.back(); parent.node.kind == YamlNode::Kind::Mapping) {
    add_to_mapping(parent, std::move(node));
  } else {
    parent.node.items.push_back(std::move(node));
  }
}

void YamlBuilder::add_to_mapping(Open& mapping, YamlNode node) {
  if (!mapping.has_key) {
    read_key(mapping, node);
    return;
  }
  mapping.has_key = false;
  if (mapping.key == MergeKey) {
    mapping.merge = std::move(node);
    mapping.merge_place = mapping.node.members.size();
    return;
  }
  mapping.node.members.push_back({std::move(mapping.key), mapping.key_line, std::move(node)});
}

void YamlBuilder::read_key(Open& mapping, const YamlNode& key) {
  if (key.kind == YamlNode::Kind::Sequence || key.kind == YamlNode::Kind::Mapping) {
    throw YamlRefused(key.line, path_of_open_nodes() + "a key must be a plain text");
  }
  const std::string text = key.kind == YamlNode::Kind::Null ? "null" : key.text;
  if (text == MergeKey && key.quoted) {
    throw YamlRefused(key.line, path_of_open_nodes() + "a quoted << is no merge key");
  }
  const auto [found, is_new] = mapping.key_lines.emplace(text, key.line);
  if (!is_new) {
    throw YamlRefused(key.line, fmt::format("{}duplicate key \"{}\", first on line {}",
                                            path_of_open_nodes(), escaped(text), found->second));
  }
  mapping.has_key = true;
  mapping.key = text;
  mapping.key_line = key.line;
}

void YamlBuilder::apply_merge(Open& mapping) {
  std::vector<YamlMember> added;
  const auto add_from = [this, &mapping, &added](const YamlNode& source) {
    if (source.kind != YamlNode::Kind::Mapping) {
      throw YamlRefused(mapping.key_lines.find(MergeKey)->second,
                        path_of_open_nodes() + "<< takes a mapping or a list of mappings");
    }
    for (const YamlMember& member : source.members) {
      if (mapping.key_lines.emplace(member.key, member.line).second) {
        count(extent_of(member.value).nodes, member.line);
        added.push_back(member);
      }
    }
  };
  if (mapping.merge->kind == YamlNode::Kind::Sequence) {
    std::for_each(mapping.merge->items.begin(), mapping.merge->items.end(), add_from);
  } else {
    add_from(*mapping.merge);
  }
  // In the place of `<<`: where order counts, among macros, it is the file's.
  mapping.node.members.insert(
      mapping.node.members.begin() + static_cast<std::ptrdiff_t>(mapping.merge_place),
      std::move_iterator(added.begin()), std::move_iterator(added.end()));
}

void YamlBuilder::count(int nodes, int line) {
  nodes_ += nodes;
  if (nodes_ > MaxYamlNodes) {
    throw YamlRefused(line,
                      fmt::format("more than {} values, with aliases resolved", MaxYamlNodes));
  }
}

std::string YamlBuilder::path_of_open_nodes() const {
  std::string path;
  for (const Open& node : open_) {
    if (node.has_key) {
      path += (path.empty() ? "" : ".") + escaped(node.key);
    } else if (node.node.kind == YamlNode::Kind::Sequence) {
      path += fmt::format("[{}]", node.node.items.size());
    }
  }
  return path.empty() ? path : path + ": ";
}

}  // namespace llmsnap
