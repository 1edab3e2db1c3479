#include "config/capabilities_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "base/escape.h"
#include "config/key_table.h"

namespace llmsnap {
namespace {

constexpr std::array Modalities{Modality::Text, Modality::Audio, Modality::Image, Modality::Video};

Result<void> read_modalities(const Field& field, std::vector<Modality>& out) {
  std::vector<std::string> names;
  if (auto done = field.read(names); !done) {
    return done;
  }
  AllDone done(field.diagnostics());
  for (const std::string& name : names) {
    const auto* found = std::find_if(Modalities.begin(), Modalities.end(),
                                     [&name](Modality one) { return name_of(one) == name; });
    if (found == Modalities.end()) {
      done.add(field.error(
          fmt::format("\"{}\" is no modality, known: text, audio, image, video", escaped(name))));
      continue;
    }
    out.push_back(*found);
  }
  return done.result();
}

Result<void> read_context(const Field& field, CapabilityConfig& out) {
  return field.read_integer(out.context, Range{0, std::numeric_limits<std::int64_t>::max()});
}

constexpr std::array<KeyRule<CapabilityConfig>, 5> CapabilityRules{{
    {"in", [](const Field& f, CapabilityConfig& c) { return read_modalities(f, c.in); }},
    {"out", [](const Field& f, CapabilityConfig& c) { return read_modalities(f, c.out); }},
    {"tools", [](const Field& f, CapabilityConfig& c) { return f.read(c.tools); }},
    {"reranker", [](const Field& f, CapabilityConfig& c) { return f.read(c.reranker); }},
    {"context", read_context},
}};

}  // namespace

std::string_view name_of(Modality modality) {
  switch (modality) {
    case Modality::Text:
      return "text";
    case Modality::Audio:
      return "audio";
    case Modality::Image:
      return "image";
    case Modality::Video:
      return "video";
  }
  return "";
}

Result<void> read_capabilities(const Field& section, CapabilityConfig& out) {
  return read_section<CapabilityConfig>(section, CapabilityRules, out);
}

}  // namespace llmsnap
