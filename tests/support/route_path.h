// path_with: a path of a route. Thread rule: a pure function.
#pragma once

#include <string>
#include <string_view>

#include "api/route_table.h"

namespace llmsnap::test {

/// `rest`: what stands behind the route's own path, where it takes something there.
inline std::string path_with(const api::Route& route, std::string_view rest) {
  const bool takes_rest = route.match == api::Match::Prefix;
  return std::string(route.path).append(takes_rest ? rest : "").append(route.ending);
}

}  // namespace llmsnap::test
