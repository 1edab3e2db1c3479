#include "config/listing_keys.h"

#include <utility>

#include "config/yaml_json.h"

namespace llmsnap {

Result<void> read_metadata(const Field& field, std::string& out) {
  if (auto mapping = field.expect_mapping(); !mapping) {
    return mapping;
  }
  auto json = json_of(field);
  if (!json) {
    return json.error();
  }
  if (!field.node().members.empty()) {
    out = std::move(*json);
  }
  return {};
}

}  // namespace llmsnap
