#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <vector>

#include "config/known_keys.h"
#include "config_schema.h"
#include "config_text.h"
#include "schema_places.h"

namespace llmsnap {
namespace {

using Json = nlohmann::json;
using KeysBySection = std::map<std::string, std::set<std::string>>;

/// What the loader knows, asked with a section wherever the schema has a value.
/// What the router does not use is not read.
void choose_router(const std::vector<std::string>& path, Json& document) {
  if (path.size() > 3 && path[0] == "routing" && path[3] == "matrix") {
    document["routing"]["router"]["use"] = "matrix";
  }
}

KnownKeys known_to_the_loader() {
  KnownKeys known;
  for (const SchemaPlace& place : schema_places()) {
    Json document = document_with(place.path, {{"no-such-key", 1}});
    choose_router(place.path, document);
    KnownKeys found = known_keys_of(document.dump(1));
    known.of_section.merge(found.of_section);
  }
  return known;
}

void complete_other(const std::vector<std::string>& path, Json& document) {
  if (path.size() == 2 && path[0] == "logFile" && path[1] != "path") {
    document["logFile"]["path"] = "/tmp/llmsnap-none.log";
  } else if (path.size() == 2 && path[0] == "store" && path[1] != "path") {
    document["store"]["path"] = "/tmp/llmsnap-none.db";
  }
  if (path.size() < 3) {
    return;
  }
  choose_router(path, document);
  if (path[0] == "peers") {
    document["peers"]["name"].update({{"proxy", "http://h"}, {"models", {"m"}}});
  } else if (path[0] == "selectors") {
    document["selectors"]["name"].update({{"strategy", "pin"}, {"targets", {"m"}}});
    document["models"]["m"]["proxy"] = "http://h";
  }
}

/// What a value there needs beside it, so that the document loads.
void complete(const std::vector<std::string>& path, Json& document) {
  if (path.size() < 3 || path[0] != "models") {
    complete_other(path, document);
    return;
  }
  Json& model = document["models"]["name"];
  if (!model.contains("cmd")) {
    model["cmd"] = "serve ${PORT}";
  }
  if (path[2] == "sleep") {
    model["sleep"]["engine"] = "vllm";
  } else if (path[2] == "sleepEndpoints" || path[2] == "wakeEndpoints") {
    model[path[2]][0]["endpoint"] = "/step";
  }
}

Config config_with(const SchemaPlace& place, const Json& value) {
  Json document = document_with(place.path, value);
  complete(place.path, document);
  return config_of(document.dump(1));
}

TEST_CASE("the schema has the keys of the loader, each in its place, and no others",
          "[config][schema]") {
  KeysBySection in_loader;
  for (const auto& [section, keys] : known_to_the_loader().of_section) {
    in_loader[section] = {keys.begin(), keys.end()};
  }
  KeysBySection in_schema;
  for (const SchemaPlace& place : schema_places()) {
    const Json properties = place.schema.value("properties", Json::object());
    for (const auto& [key, described] : properties.items()) {
      in_schema[place.text()].insert(key);
    }
  }
  for (const auto& [section, keys] : in_loader) {
    INFO("section: " << section);
    CHECK(keys == in_schema[section]);
  }
  for (const auto& [section, keys] : in_schema) {
    INFO("section: " << section);
    CHECK(in_loader.count(section) == 1);
  }
  CHECK(in_loader.size() > 15);
}

TEST_CASE("an unknown key is a complaint in every section", "[config][schema]") {
  for (const SchemaPlace& place : schema_places()) {
    if (!place.schema.contains("properties")) {
      continue;
    }
    INFO("section: " << place.text());
    const Json document = document_with(place.path, {{"no-such-key", 1}});
    CHECK_FALSE(schema_complaint(config_schema(), document).empty());
  }
}

TEST_CASE("each key has one line of description", "[config][schema]") {
  for (const SchemaPlace& place : schema_places()) {
    INFO("key: " << place.text());
    const auto description = place.schema.value("description", std::string());
    const bool is_key =
        !place.path.empty() && place.path.back() != "*" && place.path.back() != "[]";
    CHECK((!is_key || !description.empty()));
    CHECK(description.find('\n') == std::string::npos);
  }
}

TEST_CASE("the schema's defaults are the loader's", "[config][schema]") {
  int defaults = 0;
  for (const SchemaPlace& place : schema_places()) {
    if (!place.schema.contains("default")) {
      continue;
    }
    ++defaults;
    INFO("key: " << place.text());
    CHECK((config_with(place, place.schema["default"]) == config_with(place, nullptr)));
  }
  CHECK(defaults > 50);
}

/// Numbers that are just beyond a bound.
std::vector<Json> beyond_bounds_of(const Json& schema) {
  std::vector<Json> beyond;
  const auto add = [&](const char* name, int step) {
    if (schema.contains(name)) {
      beyond.emplace_back(schema[name].get<std::int64_t>() + step);
    }
  };
  add("minimum", -1);
  add("exclusiveMinimum", 0);
  add("maximum", 1);
  add("exclusiveMaximum", 0);
  return beyond;
}

/// Whether the loader complains about that place; what is not there yet is another complaint.
bool loader_complains(const SchemaPlace& place, const Json& value) {
  Json document = document_with(place.path, value);
  complete(place.path, document);
  const auto config = parse_config(document.dump(1), "c.yaml");
  const std::string key =
      place.path.back() == "*" ? place.path[place.path.size() - 2] : place.path.back();
  const auto is_of_it = [&key](const std::string& text) { return contains(text, key); };
  return config ? std::any_of(config->warnings.begin(), config->warnings.end(), is_of_it)
                : is_of_it(config.error().message);
}

TEST_CASE("what is beyond a bound of the schema is a complaint of the loader's",
          "[config][schema]") {
  // They have a second form, which a negative number is of.
  const std::set<std::string> others{"models.*.ttl", "sleepRequestTimeout", "wakeRequestTimeout"};
  int bounds = 0;
  for (const SchemaPlace& place : schema_places()) {
    for (const Json& beyond : beyond_bounds_of(place.schema)) {
      INFO("key: " << place.text() << ", value: " << beyond);
      ++bounds;
      CHECK((others.count(place.text()) == 1 || loader_complains(place, beyond)));
    }
  }
  CHECK(bounds > 20);
}

TEST_CASE("the example configs fit the schema", "[config][schema]") {
  const std::string folder = std::string(LLMSNAP_SOURCE_DIR) + "/examples/config";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path());
    INFO(entry.path().string());
    CHECK(schema_complaint(std::string(std::istreambuf_iterator<char>(file), {})) == "");
    ++files;
  }
  CHECK(files >= 2);
}

TEST_CASE("the schema finds what is wrong", "[config][schema]") {
  CHECK(schema_complaint("models: {m: {cmdd: x}}") == "models.m.cmdd: not a known key");
  CHECK(schema_complaint("x-anchors: {whatever: [1]}") == "");
  CHECK(schema_complaint("startPort: 70000") == "startPort: out of range");
  CHECK(schema_complaint("startPort: ${env.FIRST_PORT}") == "");
  CHECK(contains(schema_complaint("startPort: high"), "startPort: expected"));
  CHECK(contains(schema_complaint("maxWait: 30 sec"), "maxWait: expected"));
  CHECK(contains(schema_complaint("limits: {head: 64 KiBit}"), "limits.head: expected"));
  CHECK(contains(schema_complaint("models: {m: {sleep: ollama}}"), "models.m.sleep: expected"));
  CHECK(contains(schema_complaint("models: {m: {cmd: [a, b]}}"), "models.m.cmd: expected"));
  CHECK(contains(schema_complaint("groups: {g: {swap: maybe}}"), "groups.g.swap: expected"));
}

}  // namespace
}  // namespace llmsnap
