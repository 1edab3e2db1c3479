#include "config/listing_keys.h"

#include <utility>

#include "config/yaml_json.h"

namespace llmsnap {

Result<void> read_metadata(const Field& field, ModelConfig& model) {
  if (auto mapping = field.expect_mapping(); !mapping) {
    return mapping;
  }
  auto json = json_of(field);
  if (!json) {
    return json.error();
  }
  if (!field.node().members.empty()) {
    model.metadata = std::move(*json);
  }
  return {};
}

}  // namespace llmsnap
