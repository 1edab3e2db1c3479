#include "api/unknown_model.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/escape.h"
#include "route/selection.h"

namespace llmsnap::api {

Error unknown_model(std::string_view beginning, std::string_view name,
                    const route::ModelService& models) {
  const auto selection = models.selection(name);
  if (selection == nullptr) {
    return {ErrorCode::NotFound,
            fmt::format("{}: no model is named \"{}\"", beginning, escaped(name.substr(0, 128)))};
  }
  std::vector<std::string_view> targets;
  for (const route::Target& target : selection->targets) {
    targets.push_back(target.name);
  }
  return {ErrorCode::NotFound, fmt::format("{}: {} stands for {}", beginning, selection->name,
                                           fmt::join(targets, ", "))};
}

}  // namespace llmsnap::api
