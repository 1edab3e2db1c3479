#include "route/upstream_path.h"

#include <algorithm>
#include <utility>

#include "base/hex.h"

namespace llmsnap::route {
namespace {

constexpr std::string_view Prefix = "/upstream/";

struct Match {
  std::shared_ptr<const Model> model;
  std::string name;
  std::size_t end = 0;  // of the name as written
};

/// Calls `visit` with the name that ends at each slash, and at the end, and with where it ends; the
/// last one is the longest.
template <typename Visit>
void each_name(std::string_view names, Visit&& visit) {
  std::string name;
  for (std::size_t at = 0;;) {
    if (at == names.size() || names[at] == '/') {
      visit(name, at);
    }
    const std::size_t taken = at == names.size() ? 0 : take_percent_decoded(names.substr(at), name);
    if (taken == 0) {
      return;
    }
    at += taken;
  }
}

Match longest_match(std::string_view names, const ModelService& models) {
  Match match;
  each_name(names, [&match, &models](const std::string& name, std::size_t end) {
    if (std::shared_ptr<const Model> model = models.find(name)) {
      match = {std::move(model), name, end};
    }
  });
  return match;
}

/// Absent: the active profile replaces none of them. Without a model: it disables the name.
std::optional<Match> longest_pin(std::string_view names, const ModelService& models,
                                 const Profiles& profiles) {
  std::optional<Match> match;
  each_name(names, [&match, &profiles](const std::string& name, std::size_t end) {
    if (auto target = profiles.target_of(name)) {
      match = Match{nullptr, std::move(*target), end};
    }
  });
  if (match && !match->name.empty()) {
    match->model = models.find(match->name);
  }
  return match;
}

}  // namespace

std::shared_ptr<const Model> find_model_at(std::string_view path, const ModelService& models) {
  return longest_match(path, models).model;
}

std::optional<UpstreamPath> find_upstream_path(std::string_view target, const ModelService& models,
                                               const Profiles& profiles) {
  if (!target.starts_with(Prefix)) {
    return std::nullopt;
  }
  const std::size_t path_size = std::min(target.find('?'), target.size());
  const std::string_view names = target.substr(0, path_size).substr(Prefix.size());
  std::optional<Match> pinned = longest_pin(names, models, profiles);
  Match match = pinned ? std::move(*pinned) : longest_match(names, models);
  if (match.model == nullptr) {
    return std::nullopt;
  }
  UpstreamPath found{std::move(match.model), std::move(match.name), {}, {}};
  const std::size_t name_end = Prefix.size() + match.end;
  if (name_end == path_size) {
    found.redirect =
        std::string(target.substr(0, path_size)).append("/").append(target.substr(path_size));
  } else {
    found.target = target.substr(name_end);
  }
  return found;
}

}  // namespace llmsnap::route
