#include "wire/fields.h"

#include <algorithm>

#include "base/ascii.h"
#include "wire/grammar.h"

namespace llmsnap::wire {

bool same_name(std::string_view a, std::string_view b) {
  return ascii::equal_ignoring_case(a, b);
}

const Field* find_field(std::span<const Field> fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [name](const Field& field) {
    return same_name(field.name, name);
  });
  return found == fields.end() ? nullptr : &*found;
}

std::string_view value_of(std::span<const Field> fields, std::string_view name) {
  const Field* const field = find_field(fields, name);
  return field == nullptr ? std::string_view() : field->value;
}

bool has_coding(std::span<const Field> fields) {
  return std::any_of(fields.begin(), fields.end(), [](const Field& field) {
    return same_name(field.name, "Content-Encoding") && !field.value.empty() &&
           !ascii::equal_ignoring_case(field.value, "identity");
  });
}

bool list_contains(std::string_view value, std::string_view token) {
  for (;;) {
    const std::size_t comma = value.find(',');
    if (same_name(grammar::trim(value.substr(0, comma)), token)) {
      return true;
    }
    if (comma == std::string_view::npos) {
      return false;
    }
    value.remove_prefix(comma + 1);
  }
}

}  // namespace llmsnap::wire
