#include "config/listing_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/escape.h"
#include "config/key_table.h"
#include "config/yaml_json.h"

namespace llmsnap {
namespace {

constexpr std::array<std::string_view, 3> Modalities{"text", "audio", "image"};

Result<void> read_modalities(const Field& field, std::vector<std::string>& out) {
  if (auto done = field.read(out); !done) {
    return done;
  }
  for (const std::string& modality : out) {
    if (std::find(Modalities.begin(), Modalities.end(), modality) == Modalities.end()) {
      return field.error(
          fmt::format("expected text, audio or image, found \"{}\"", escaped(modality)));
    }
  }
  return {};
}

Result<void> read_context(const Field& field, Capabilities& out) {
  return field.read_integer(out.context, {0, std::numeric_limits<std::int64_t>::max()});
}

constexpr std::array<KeyRule<Capabilities>, 5> CapabilityRules{{
    {"in", [](const Field& f, Capabilities& c) { return read_modalities(f, c.in); }},
    {"out", [](const Field& f, Capabilities& c) { return read_modalities(f, c.out); }},
    {"tools", [](const Field& f, Capabilities& c) { return f.read(c.tools); }},
    {"reranker", [](const Field& f, Capabilities& c) { return f.read(c.reranker); }},
    {"context", read_context},
}};

}  // namespace

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

Result<void> read_capabilities(const Field& field, ModelConfig& model) {
  return read_section<Capabilities>(field, CapabilityRules, model.capabilities);
}

}  // namespace llmsnap
