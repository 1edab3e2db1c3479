#include "config/name_text.h"

#include <algorithm>

#include "base/ascii.h"

namespace llmsnap {

bool has_control_byte(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), ascii::is_space);
}

Result<void> read_name(const Field& field, std::string& out) {
  auto done = field.read(out);
  if (done && (out.empty() || has_control_byte(out))) {
    return field.error("a name must not be empty or hold control characters");
  }
  return done;
}

}  // namespace llmsnap
