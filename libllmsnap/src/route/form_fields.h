// The heads of a multipart form: its boundary, and which field a part is.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "llmsnap/result.h"

namespace llmsnap::route {

/// Of a Content-Type. BadRequest where it is no multipart/form-data or has no usable boundary.
Result<std::string> form_boundary(std::string_view content_type);

struct FormPart {
  std::string name;  ///< empty where the part has none
  bool is_file = false;
};

/// Of a part's head, without the empty line at its end. BadRequest where two servers could read two
/// fields in it: folded or broken lines, two Content-Disposition, an encoding.
Result<FormPart> read_part_head(std::string_view head);

}  // namespace llmsnap::route
