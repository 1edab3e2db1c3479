// The model that a query names, and the same query with another name in its place.
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "llmsnap/result.h"
#include "route/json_scan.h"

namespace llmsnap::route {

struct QueryModel {
  std::string name;  ///< unescaped; may be empty
  ByteRange place;   ///< of its value as written, as offsets into the target
};

/// What `model` is in the query of a request's target; absent: it is not there. Errors: BadRequest
/// where it is there twice (two servers could read two models), its escapes are broken, or its name
/// holds a control character.
Result<std::optional<QueryModel>> find_query_model(std::string_view target);

/// As it stands for itself in a query.
std::string query_escaped(std::string_view text);

/// The target with `name`, escaped, at that place; all other bytes stay.
std::string with_query_model(std::string_view target, ByteRange place, std::string_view name);

/// True if the query has a parameter of that name and value, as written.
bool query_has(std::string_view target, std::string_view name, std::string_view value);

/// True if the query has a parameter of that name, with or without a value.
bool query_has(std::string_view target, std::string_view name);

}  // namespace llmsnap::route
