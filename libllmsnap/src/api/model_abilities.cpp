#include "api/model_abilities.h"

#include <algorithm>

namespace llmsnap::api {
namespace {

bool has(const std::vector<Modality>& modalities, Modality wanted) {
  return std::count(modalities.begin(), modalities.end(), wanted) > 0;
}

}  // namespace

std::vector<std::string_view> abilities_of(const CapabilityConfig& can) {
  std::vector<std::string_view> names;
  const auto add = [&names](std::string_view name, bool has_it) {
    if (has_it) {
      names.push_back(name);
    }
  };
  const auto turns = [&can](Modality from, Modality into) {
    return has(can.in, from) && has(can.out, into);
  };
  add("vision", has(can.in, Modality::Image));
  add("audio_transcriptions", turns(Modality::Audio, Modality::Text));
  add("audio_speech", turns(Modality::Text, Modality::Audio));
  add("image_generation", turns(Modality::Text, Modality::Image));
  add("image_to_image", turns(Modality::Image, Modality::Image));
  add("function_calling", can.tools);
  add("reranker", can.reranker);
  return names;
}

}  // namespace llmsnap::api
