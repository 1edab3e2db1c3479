// RouteText: what the OpenAPI document says of a route beyond what the route table knows.
// Thread rule: constant data; any thread.
#pragma once

#include <span>
#include <string_view>

#include "api/route_table.h"

namespace llmsnap::api {

struct RouteText {
  std::string_view path;  ///< with methods: names the row of the route table
  Methods methods;
  std::string_view tag;
  std::string_view summary;
  /// Media types of a success, separated by spaces; empty: no body.
  std::string_view answers = "application/json";
  int status = 200;  ///< of a success
  /// Names in the query, separated by spaces; an exclamation mark behind one: required.
  std::string_view query = {};
  std::string_view rest = "model";  ///< what stands behind the path of a Prefix or Subtree
};

/// One for each route; the order means nothing.
std::span<const RouteText> route_texts();

}  // namespace llmsnap::api
