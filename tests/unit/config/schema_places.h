// The values that the schema of the config file describes, one by one.
// Thread rule: used by tests, one thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace llmsnap {

/// A value that the schema describes: keys from the root to it, `*` for a name that users choose,
/// `[]` for an item of a list.
struct SchemaPlace {
  std::vector<std::string> path;
  nlohmann::json schema;  ///< without references: what allOf and $ref add is in it

  std::string text() const;
};

/// All of them, the root first.
std::vector<SchemaPlace> schema_places();

/// The document that has this value there, and nothing else.
nlohmann::json document_with(const std::vector<std::string>& path, const nlohmann::json& value);

}  // namespace llmsnap
