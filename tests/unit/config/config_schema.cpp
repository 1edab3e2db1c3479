#include "config_schema.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <regex>
#include <utility>
#include <variant>

#include "config/yaml_scalar.h"
#include "config/yaml_tree.h"

namespace llmsnap {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 19> Keywords{"$schema",
                                                    "title",
                                                    "description",
                                                    "default",
                                                    "definitions",
                                                    "$ref",
                                                    "allOf",
                                                    "anyOf",
                                                    "enum",
                                                    "const",
                                                    "type",
                                                    "properties",
                                                    "items",
                                                    "pattern",
                                                    "minimum",
                                                    "additionalProperties",
                                                    "patternProperties",
                                                    "exclusiveMinimum",
                                                    "exclusiveMaximum"};

const Json& target_of(const Json& schema) {
  return config_schema().at(Json::json_pointer(schema.at("$ref").get<std::string>().substr(1)));
}

bool is_of_type(const Json& value, const std::string& type) {
  return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
         (type == "string" && value.is_string()) || (type == "number" && value.is_number()) ||
         (type == "boolean" && value.is_boolean()) || (type == "null" && value.is_null());
}

bool has_type(const Json& value, const Json& types) {
  if (types.is_string()) {
    return is_of_type(value, types);
  }
  return std::any_of(types.begin(), types.end(),
                     [&value](const Json& type) { return is_of_type(value, type); });
}

bool matches(const std::string& text, const Json& pattern) {
  return std::regex_search(text, std::regex(pattern.get<std::string>()));
}

std::string number_complaint(const Json& schema, double value) {
  const bool fits = value >= schema.value("minimum", value) &&
                    (!schema.contains("exclusiveMinimum") || value > schema["exclusiveMinimum"]) &&
                    (!schema.contains("exclusiveMaximum") || value < schema["exclusiveMaximum"]);
  return fits ? "" : "out of range";
}

std::string object_complaint(const Json& schema, const Json& object, const std::string& place) {
  const Json none = Json::object();
  const Json& properties = schema.contains("properties") ? schema["properties"] : none;
  const Json patterns = schema.value("patternProperties", none);
  for (const auto& [key, value] : object.items()) {
    const std::string at = place.empty() ? key : place + "." + key;
    std::string complaint;
    bool is_known = properties.contains(key);
    if (is_known) {
      complaint = schema_complaint(properties[key], value, at);
    }
    for (const auto& [pattern, described] : patterns.items()) {
      if (complaint.empty() && matches(key, pattern)) {
        is_known = true;
        complaint = schema_complaint(described, value, at);
      }
    }
    if (!is_known && schema.contains("additionalProperties")) {
      const Json& others = schema["additionalProperties"];
      complaint = others == false ? at + ": not a known key" : schema_complaint(others, value, at);
    }
    if (!complaint.empty()) {
      return complaint;
    }
  }
  return "";
}

std::string items_complaint(const Json& items, const Json& list, const std::string& place) {
  for (std::size_t index = 0; index < list.size(); ++index) {
    std::string complaint =
        schema_complaint(items, list[index], place + "[" + std::to_string(index) + "]");
    if (!complaint.empty()) {
      return complaint;
    }
  }
  return "";
}

std::string combined_complaint(const Json& schema, const Json& value, const std::string& place) {
  if (schema.contains("$ref")) {
    return schema_complaint(target_of(schema), value, place);
  }
  for (const Json& part : schema.value("allOf", Json::array())) {
    if (std::string complaint = schema_complaint(part, value, place); !complaint.empty()) {
      return complaint;
    }
  }
  std::string reasons;
  for (const Json& part : schema.value("anyOf", Json::array())) {
    const std::string complaint = schema_complaint(part, value, place);
    if (complaint.empty()) {
      return "";
    }
    reasons += (reasons.empty() ? "" : " / ") + complaint;
  }
  return reasons;
}

std::string own_complaint(const Json& schema, const Json& value) {
  for (const auto& [keyword, argument] : schema.items()) {
    if (std::find(Keywords.begin(), Keywords.end(), keyword) == Keywords.end()) {
      return "unknown keyword " + keyword;
    }
  }
  if (schema.contains("type") && !has_type(value, schema["type"])) {
    return "expected " + schema["type"].dump();
  }
  if (schema.contains("const") && value != schema["const"]) {
    return "expected " + schema["const"].dump();
  }
  if (const Json words = schema.value("enum", Json::array({value}));
      std::find(words.begin(), words.end(), value) == words.end()) {
    return "expected one of " + words.dump();
  }
  if (value.is_string() && schema.contains("pattern") &&
      !matches(value.get<std::string>(), schema["pattern"])) {
    return "expected " + schema["pattern"].dump();
  }
  return value.is_number() ? number_complaint(schema, value.get<double>()) : "";
}

Json json_of_tree(const YamlNode& node) {
  Json out;
  if (node.kind == YamlNode::Kind::Scalar) {
    std::visit([&out](const auto& value) { out = value; }, scalar_value(node));
  } else if (node.kind == YamlNode::Kind::Sequence) {
    out = Json::array();
    for (const YamlNode& item : node.items) {
      out.push_back(json_of_tree(item));
    }
  } else if (node.kind == YamlNode::Kind::Mapping) {
    out = Json::object();
    for (const YamlMember& member : node.members) {
      out[member.key] = json_of_tree(member.value);
    }
  }
  return out;
}

}  // namespace

const Json& config_schema() {
  static const Json schema = [] {
    std::ifstream file(std::string(LLMSNAP_SOURCE_DIR) + "/libllmsnap/config.schema.json");
    return Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  }();
  return schema;
}

std::string schema_complaint(const Json& schema, const Json& value, const std::string& place) {
  if (std::string complaint = own_complaint(schema, value); !complaint.empty()) {
    return place + ": " + complaint;
  }
  if (std::string complaint = combined_complaint(schema, value, place); !complaint.empty()) {
    return complaint;
  }
  if (value.is_object()) {
    return object_complaint(schema, value, place);
  }
  return value.is_array() && schema.contains("items")
             ? items_complaint(schema["items"], value, place)
             : "";
}

std::string schema_complaint(std::string_view yaml) {
  const auto document = parse_yaml(std::string(yaml), "schema");
  return document ? schema_complaint(config_schema(), json_of_tree(document->root)) : "";
}

}  // namespace llmsnap
