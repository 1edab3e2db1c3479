#include "config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "config/yaml_builder.h"

namespace llmsnap {

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [key](const YamlMember& member) { return member.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

Result<YamlNode> parse_yaml(const std::string& text, std::string_view name) {
  // Its events, not its nodes: a walk over nodes with an alias cycle overflows the stack, duplicate
  // keys vanish, and aliases multiply before anyone could count them.
  YamlBuilder builder;
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
  } catch (const YamlRefused& refused) {
    return Error{ErrorCode::InvalidConfig,
                 fmt::format("{}:{}: {}", name, refused.line(), refused.what())};
  } catch (const YAML::Exception& error) {
    return Error{ErrorCode::InvalidConfig,
                 fmt::format("{}:{}: invalid YAML in column {}: {}", name, error.mark.line + 1,
                             error.mark.column + 1, error.msg)};
  }
  return builder.take();
}

}  // namespace llmsnap
