#include "wire/field_lines.h"

#include <limits>

#include "base/hex.h"
#include "wire/grammar.h"

namespace llmsnap::wire {

std::optional<FieldFault> parse_field_lines(std::string_view block, std::size_t max_fields,
                                            Fields& fields) {
  const char* at = block.data();
  const char* const end = at + block.size();
  while (end - at > 2) {
    const char* const colon = grammar::skip(at, end, grammar::Token);
    if (colon == end || *colon != ':' || colon == at) {
      return FieldFault{"a field line is not a name and a colon", false};
    }
    const char* const stop = grammar::skip_value(colon + 1, end);
    if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n') {
      return FieldFault{"a field value holds a control character", false};
    }
    const std::string_view name(at, static_cast<std::size_t>(colon - at));
    if (name.size() > MaxFieldName || fields.size() == max_fields) {
      return FieldFault{"too many fields or too long a field name", true};
    }
    const std::string_view raw(colon + 1, static_cast<std::size_t>(stop - colon - 1));
    fields.push_back({name, grammar::trim(raw)});
    at = stop + 2;
  }
  if (end - at != 2 || at[0] != '\r' || at[1] != '\n') {
    return FieldFault{"the head does not end with an empty line", false};
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_length(std::string_view value) {
  // Nineteen digits cannot wrap 64 bits, and no honest length needs more.
  if (value.empty() || value.size() > 19 || !grammar::all(value, grammar::Digit)) {
    return std::nullopt;
  }
  std::uint64_t length = 0;
  for (const char c : value) {
    length = length * 10 + hex_value(c);
  }
  if (length > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  return length;
}

}  // namespace llmsnap::wire
