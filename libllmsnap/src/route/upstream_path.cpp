#include "route/upstream_path.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "route/hex_digit.h"

namespace llmsnap::route {
namespace {

constexpr std::string_view Prefix = "/upstream/";

/// Appends the character at the start of `text`, unescaped, and says how many bytes it took; 0: a
/// broken escape.
std::size_t unescape_one(std::string_view text, std::string& out) {
  if (text[0] != '%') {
    out.push_back(text[0]);
    return 1;
  }
  const std::uint32_t high = text.size() > 2 ? hex_value(text[1]) : 16;
  const std::uint32_t low = text.size() > 2 ? hex_value(text[2]) : 16;
  if (high > 15 || low > 15) {
    return 0;
  }
  out.push_back(static_cast<char>(high * 16 + low));
  return 3;
}

struct Match {
  std::shared_ptr<const Model> model;
  std::string name;
  std::size_t end = 0;  // of the name as written
};

/// Tries the name that ends at each slash, and at the end; the last match is the longest.
Match longest_match(std::string_view names, const ModelService& models) {
  Match match;
  std::string name;
  for (std::size_t at = 0;;) {
    if (at == names.size() || names[at] == '/') {
      if (std::shared_ptr<const Model> model = models.find(name)) {
        match = {std::move(model), name, at};
      }
    }
    const std::size_t taken = at == names.size() ? 0 : unescape_one(names.substr(at), name);
    if (taken == 0) {
      return match;
    }
    at += taken;
  }
}

}  // namespace

std::optional<UpstreamPath> find_upstream_path(std::string_view target,
                                               const ModelService& models) {
  if (!target.starts_with(Prefix)) {
    return std::nullopt;
  }
  const std::size_t path_size = std::min(target.find('?'), target.size());
  Match match = longest_match(target.substr(0, path_size).substr(Prefix.size()), models);
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
