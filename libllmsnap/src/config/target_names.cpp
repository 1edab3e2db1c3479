#include "config/target_names.h"

#include <fmt/format.h>

#include "base/escape.h"

namespace llmsnap {

const std::string* TargetNames::find(std::string_view name) const {
  if (const std::string* id = models_.id_of(name)) {
    return id;
  }
  const PeerModel* model = peers_.find(name);
  return model == nullptr ? nullptr : &model->name;
}

std::string TargetNames::why_unknown(std::string_view name) const {
  return fmt::format("references unknown model \"{}\": {}", escaped(name),
                     peers_.is_ambiguous(name)
                         ? "more than one peer offers it, write it as <peer>/<model>"
                         : models_.why_unknown(name) + ", and no peer offers it");
}

}  // namespace llmsnap
