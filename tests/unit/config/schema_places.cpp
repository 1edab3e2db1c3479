#include "schema_places.h"

#include <utility>

#include "config_schema.h"

namespace llmsnap {
namespace {

using Json = nlohmann::json;

/// Adds what references and alternatives say to `out`.
void merge_into(Json& out, const Json& schema) {
  if (schema.contains("$ref")) {
    const auto reference = schema["$ref"].get<std::string>();
    merge_into(out, config_schema().at(Json::json_pointer(reference.substr(1))));
  }
  for (const auto& [keyword, argument] : schema.items()) {
    if (keyword == "allOf" || keyword == "anyOf") {
      for (const Json& part : argument) {
        merge_into(out, part);
      }
    } else if (keyword != "$ref" && !out.contains(keyword)) {
      out[keyword] = argument;
    }
  }
}

void add_places(const std::vector<std::string>& path, const Json& schema,
                std::vector<SchemaPlace>& out) {
  Json merged = Json::object();
  // Its own words first: those behind a reference are about the type.
  for (const char* keyword : {"description", "default"}) {
    if (schema.contains(keyword)) {
      merged[keyword] = schema[keyword];
    }
  }
  merge_into(merged, schema);
  out.push_back({path, merged});
  const auto add = [&path, &out](const std::string& step, const Json& below) {
    std::vector<std::string> longer = path;
    longer.push_back(step);
    add_places(longer, below, out);
  };
  const Json properties = merged.value("properties", Json::object());
  for (const auto& [key, described] : properties.items()) {
    add(key, described);
  }
  if (const auto others = merged.find("additionalProperties");
      others != merged.end() && others->is_object()) {
    add("*", *others);
  }
  if (merged.contains("items")) {
    add("[]", merged["items"]);
  }
}

}  // namespace

std::string SchemaPlace::text() const {
  std::string out;
  for (const std::string& step : path) {
    out += (out.empty() || step == "[]" ? "" : ".") + step;
  }
  return out;
}

std::vector<SchemaPlace> schema_places() {
  std::vector<SchemaPlace> places;
  add_places({}, config_schema(), places);
  return places;
}

Json document_with(const std::vector<std::string>& path, const Json& value) {
  Json document = value;
  for (auto step = path.rbegin(); step != path.rend(); ++step) {
    if (*step == "[]") {
      document = Json::array({std::move(document)});
    } else {
      document = Json{{*step == "*" ? "name" : *step, std::move(document)}};
    }
  }
  return document;
}

}  // namespace llmsnap
