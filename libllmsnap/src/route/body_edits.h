// edit_body: which bytes of a JSON body to replace so that members are set and deleted, without
// building a tree or copying the body. Thread rule: a pure function; the body must stay as it is
// until it returns, also across yields.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/padded_bytes.h"
#include "llmsnap/result.h"
#include "route/json_scan.h"
#include "route/replacement.h"

namespace llmsnap::route {

/// One change, as sjson has it. `a.b` is the member b of the object a; `\` makes the character
/// behind it a plain one; a number is an index where the value there is an array, and `-1` is the
/// place behind the array's last element, or to delete, the last element.
struct BodyEdit {
  std::string path;
  std::optional<std::string> json;  ///< the value to set, as JSON text; absent: delete
  bool if_absent = false;           ///< not where there is a value, null too
};

/// Longer paths do nothing.
inline constexpr std::size_t MaxPathComponents = 32;

/// Occurrences of keys that an edit names beyond the first of each.
inline constexpr std::size_t MaxRepeatedKeys = 1024;

std::vector<std::string> path_components(std::string_view path);

/// `body` has passed scan_json_body, and its document begins at `begin`; each edit sees what those
/// before it made. All bytes outside the edited members stay as they are.
///
/// Setting overwrites a value where it is, or appends a member (an element) behind the last one,
/// with the objects that its path asks for and are not there; elements missing before it are null.
/// A value that cannot have what the path asks for is replaced by an object. Deleting takes a comma
/// along, and the white space up to the next key; what is not there is not deleted.
///
/// A key may occur more than once, and the model's server may take any of them: deleting deletes
/// them all, setting overwrites the last and deletes the others, and a path descends into each.
/// Error: BadRequest for more than MaxRepeatedKeys of such.
Result<std::vector<Replacement>> edit_body(const PaddedBytes& body, std::size_t begin,
                                           const std::vector<BodyEdit>& edits,
                                           const YieldFunction& yield);

}  // namespace llmsnap::route
