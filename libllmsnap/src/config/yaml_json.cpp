#include "config/yaml_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "config/yaml_scalar.h"

namespace llmsnap {
namespace {

using Json = nlohmann::json;

/// Up to it every whole double is one that an integer holds too.
constexpr double LargestExact = 9007199254740992.0;

Result<Json> scalar_json(const Field& field) {
  std::string text;
  if (auto done = field.read(text); !done) {
    return done.error();
  }
  const ScalarValue value = scalar_value(field.node());
  if (const auto* truth = std::get_if<bool>(&value)) {
    return Json(*truth);
  }
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    return Json(*whole);
  }
  if (const auto* large = std::get_if<std::uint64_t>(&value)) {
    return Json(*large);
  }
  if (const auto* number = std::get_if<double>(&value)) {
    const bool is_whole = std::trunc(*number) == *number && std::fabs(*number) < LargestExact;
    return is_whole ? Json(static_cast<std::int64_t>(*number)) : Json(*number);
  }
  return Json(text);
}

// The recursion is bounded by MaxYamlDepth.
Result<Json> value_of(const Field& field) {
  switch (field.node().kind) {
    case YamlNode::Kind::Null:
      return Json(nullptr);
    case YamlNode::Kind::Scalar:
      return scalar_json(field);
    case YamlNode::Kind::Sequence: {
      Json list = Json::array();
      for (std::size_t index = 0; index < field.node().items.size(); ++index) {
        auto item = value_of(field.item(index));
        if (!item) {
          return item;
        }
        list.push_back(std::move(*item));
      }
      return list;
    }
    case YamlNode::Kind::Mapping: {
      Json object = Json::object();
      for (const YamlMember& member : field.node().members) {
        auto value = value_of(field.entry(member));
        if (!value) {
          return value;
        }
        object[member.key] = std::move(*value);
      }
      return object;
    }
  }
  return Json(nullptr);
}

}  // namespace

Result<std::string> json_of(const Field& field) {
  const auto value = value_of(field);
  if (!value) {
    return value.error();
  }
  return value->dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace llmsnap
